import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { handedOn, sourceOf } from '../code/own-code.ts';
import { background } from '../sys/background.ts';
import { Refusal } from '../sys/errors.ts';
import { usualLimits } from './budget.ts';
import type { Answer, Asked, Job, Leaving, Unpacked } from './questions.ts';

/** For the parser, the names of a million directories, and those of one directory when it is removed. */
const HEAP_MB = 1024;
/**
 * A thread that does not hear for so long is held by the kernel, as by a file system of the caller's
 * that never answers. It is given up, and what it has open stays open.
 */
const LEAVE_MS = 2000;

/**
 * Makes the root directory of a sandbox out of a tar archive or an OCI image layout. Modes (setuid
 * included), owners by the maps, times, hard and symbolic links are kept. Extended attributes are
 * not, `security.capability` among them: outside they would be those of the host's root.
 *
 * On any failure, an abort included, `into` is empty again.
 * @throws Refusal `invalid` for a hostile or damaged archive; for a call that failed with that and its errno; the signal's reason
 */
export async function unpack(job: Omit<Job, 'limits'> & Partial<Pick<Job, 'limits'>>, signal: AbortSignal): Promise<Unpacked> {
  signal.throwIfAborted();
  const unpacked = await ask({ do: 'unpack', job: { limits: usualLimits, ...job } }, { signal, into: job.into });
  if (!unpacked) throw new Error('the unpacking thread answered something else');
  return unpacked;
}

/**
 * Removes an unpacked root directory and whatever was made in it since. No link is followed, and a
 * mount stays, with what is below it. One that is gone already is no error.
 * @throws Refusal with the call and errno: EXDEV when something is still mounted there
 */
export async function removeRoot(path: string): Promise<void> {
  await ask({ do: 'remove', path });
}

interface Abortable {
  readonly signal: AbortSignal;
  readonly into: string;
}

async function ask(asked: Asked, abortable?: Abortable): Promise<Unpacked | undefined> {
  const worker = new Worker(sourceOf('unpack-worker.cjs'), {
    eval: true,
    workerData: handedOn(),
    trackUnmanagedFds: false, // descriptors that openat2 returns are closed by node:fs, which would warn
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const answered = answerOf(worker);
  answered.catch(() => undefined); // it is waited for below, but maybe not at once
  worker.postMessage(asked);
  const done = new AbortController();
  try {
    const answer = await Promise.race([answered, ...(abortable ? [abortionOf(abortable.signal, done.signal)] : [])]);
    if (answer) return taken(answer);
  } catch (error) {
    // A thread that died has left what it had made.
    if (abortable && !(error instanceof Refusal)) await ask({ do: 'empty', path: abortable.into });
    throw error;
  } finally {
    done.abort();
  }
  if (abortable) await leave(worker, answered, abortable.into);
  throw abortable?.signal.reason;
}

/** Listens for no longer than until `done`. */
async function abortionOf(signal: AbortSignal, done: AbortSignal): Promise<undefined> {
  await once(signal, 'abort', { signal: done });
}

function taken(answer: Answer): Unpacked | undefined {
  if (answer.kind === 'done') return answer.unpacked;
  throw new Refusal(answer.failure.kind, answer.failure.message, answer.failure);
}

/** @throws Error when the thread died */
const answerOf = (worker: Worker): Promise<Answer> =>
  new Promise((resolve, reject) => {
    worker.on('message', (said: Answer | Leaving) => {
      if (said.kind !== 'leaving') resolve(said);
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('the unpacking thread ended')));
  });

/** It takes away itself what it has made, unless something holds it; then it never runs again. */
async function leave(worker: Worker, answered: Promise<Answer>, into: string): Promise<void> {
  worker.postMessage({ do: 'abort' } satisfies Asked);
  const isAnswered = answered.then(
    () => true,
    () => false,
  );
  const isHeard = once(worker, 'message').catch(() => undefined); // what it dies of is in the answer
  const isHeld = await Promise.race([isHeard.then(() => false), isAnswered.then(() => false), delay(LEAVE_MS, true)]);
  if (isHeld) background('a thread that is given up', () => worker.terminate());
  else if (await isAnswered) return;
  await ask({ do: 'empty', path: into });
}
