// How an answer or a failure crosses from one thread to another: errors lose their class on the way.
import { Refusal, toFailure } from '../sys/errors.ts';
import type { Outcome } from './questions.ts';

/** @param doing begins the sentence of a failure that has none of its own */
export async function outcomeOf(doing: string, work: () => unknown): Promise<Outcome> {
  try {
    return { answer: await work() };
  } catch (error) {
    return { failure: toFailure(error, doing), isRefusal: error instanceof Refusal };
  }
}

/** @throws Refusal, or Error for what was none */
export function answerOf(outcome: Outcome): unknown {
  if ('answer' in outcome) return outcome.answer;
  const { failure, isRefusal } = outcome;
  throw isRefusal || failure.errno !== undefined ? new Refusal(failure.kind, failure.message, failure) : new Error(failure.message);
}
