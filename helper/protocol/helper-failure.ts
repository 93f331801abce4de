import type { Failure } from './failure.ts';

/** A request that the helper answered with a failure. */
export class HelperFailure extends Error {
  override readonly name = 'HelperFailure';
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}
