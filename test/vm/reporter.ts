// A reporter of Node's test runner for results that a program reads: a line of JSON for each test that did not simply pass,
// and one with the counts at the end.
import type { TestEvent } from 'node:test/reporters';
import type { Line } from './result.ts';

/** Node's own error wraps what the test threw, and says of a suite why it failed. */
interface Wrapped extends Error {
  readonly failureType?: string;
}

const messageOf = ({ message, cause }: Wrapped): string => (cause instanceof Error ? cause.message : message);

const line = (each: Line): string => `${JSON.stringify(each)}\n`;

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counted = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, details, skip } = event.data;
    const isSuite = details.type === 'suite';
    if (event.type === 'test:fail') {
      const error: Wrapped = event.data.details.error;
      // A suite fails with its tests, which are told of by themselves, or by a hook of its own.
      if (error.failureType === 'subtestsFailed') continue;
      counted.failed++;
      yield line({ outcome: 'failed', name, why: messageOf(error) });
    } else if (isSuite) continue;
    else if (skip === undefined || skip === false) counted.passed++;
    else {
      counted.skipped++;
      yield line({ outcome: 'skipped', name, why: typeof skip === 'string' ? skip : '' });
    }
  }
  yield line({ outcome: 'counted', ...counted });
}
