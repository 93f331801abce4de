// One unpacking or removal, on a thread of its own: a hostile archive can keep nobody else waiting,
// and as whom it opens files is a matter of this thread alone.
import { parentPort } from 'node:worker_threads';
import { heard } from '../sys/background.ts';
import { toFailure } from '../sys/errors.ts';
import { empty, performJob, whatOf } from './perform.ts';
import type { Answer, Asked, Leaving } from './questions.ts';
import { removePath } from './removal.ts';

const abortion = new AbortController();

const doing = (asked: Exclude<Asked, { do: 'abort' }>): string =>
  asked.do === 'unpack' ? `${whatOf(asked.job.source)} cannot be unpacked` : `${asked.path} cannot be removed`;

async function perform(asked: Exclude<Asked, { do: 'abort' }>): Promise<Answer> {
  if (asked.do === 'unpack') return { kind: 'done', unpacked: await performJob(asked.job, abortion.signal) };
  if (asked.do === 'empty') empty(asked.path);
  else removePath(asked.path);
  return { kind: 'done' };
}

async function hear(asked: Asked): Promise<void> {
  if (asked.do === 'abort') {
    parentPort?.postMessage({ kind: 'leaving' } satisfies Leaving);
    abortion.abort();
    return;
  }
  const answer = await perform(asked).catch((error: unknown): Answer => ({ kind: 'failure', failure: toFailure(error, doing(asked)) }));
  parentPort?.postMessage(answer);
  parentPort?.close(); // and with it the thread
}

parentPort?.on('message', heard('an unpacking', hear));
