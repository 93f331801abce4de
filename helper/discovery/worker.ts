// Discovery, on a thread of its own, so that thousands of processes do not hold up a terminal. It also
// visits namespaces for the helper: whatever is slow in there is slow here only.
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { heard, later, surviveErrors } from '../sys/background.ts';
import { Refusal, toFailure } from '../sys/errors.ts';
import { CLONE_FS } from '../sys/flags.ts';
import { giveBackMemory, sys } from '../sys/libc.ts';
import { Naming } from './engines/naming.ts';
import { inspect } from './inspect.ts';
import { Live } from './live.ts';
import { findNamespace } from './opening.ts';
import type { Asked, Question, Questions, Said } from './questions.ts';
import { Telling } from './telling.ts';
import { World } from './world.ts';

/** Of a namespace's processes, as many as somebody may try one after the other. */
const MEMBERS = 8;

const world = new World();
const naming = new Naming(() => {
  tell(false);
  for (const wake of waitingForNames.splice(0)) wake();
});
const telling = new Telling(world, naming);
/** Called when an engine has told names. */
const waitingForNames: (() => void)[] = [];
/** An engine that is slow costs the names of its containers, and whoever asks for one of them so much time. */
const NAMES_MS = 1000;
/** Until then a client has read what was a lot of memory. */
const PASSED_ON_MS = 2000;
const watchers = new Set<number>();

/** What is large is handed over, not copied. */
function handedOver(said: Said): ArrayBuffer[] {
  if (said.kind === 'changed') return [said.difference.buffer];
  const pieces = said.kind === 'answer' && Array.isArray(said.answer) ? said.answer : [];
  return pieces.flatMap(piece => (piece instanceof Uint8Array && piece.buffer instanceof ArrayBuffer ? [piece.buffer] : []));
}

function say(said: Said): void {
  parentPort?.postMessage(said, handedOver(said));
}

function tell(isLost: boolean): void {
  if (watchers.size === 0) telling.skip();
  else for (const difference of telling.take(isLost)) say({ kind: 'changed', watcher: undefined, difference });
}

const live = new Live(world, tell);

/** Waits until an engine has told names, or for as long as that is worth it. */
const moreNames = (untilMs: number): Promise<void> =>
  Promise.race([new Promise<void>(resolve => waitingForNames.push(resolve)), delay(Math.max(0, untilMs - performance.now()))]);

type Answerer<Q extends Question> = (params: Questions[Q]['params']) => Questions[Q]['answer'] | Promise<Questions[Q]['answer']>;

const answerers: { readonly [Q in Question]: Answerer<Q> } = {
  snapshot: async () => {
    await live.refresh('deep');
    later('memory of a snapshot', PASSED_ON_MS, giveBackMemory).unref();
    return telling.snapshot();
  },
  refresh: async ({ deep }) => {
    const { tookMs } = await live.refresh(deep ? 'deep' : 'full');
    return {
      processes: world.processes.known.size,
      namespaces: world.namespaces.size,
      containers: telling.containers.size,
      tookMs,
    };
  },
  statistics: () => live.statistics(),
  inspect: async reference => {
    await live.refresh('full');
    return inspect(world, reference);
  },
  open: async reference =>
    retried(() => {
      const node = findNamespace(world.namespaces, reference);
      const members = world.processes.membersOf(node).slice(0, MEMBERS);
      return { fd: world.opener.open(node), members: members.map(({ pid, start }) => ({ pid, start })) };
    }),
  containers: async ({ key }) => {
    const find = () =>
      [...telling.containers.values()].flatMap(({ id, name, pid }) => {
        if (id !== key && name !== key) return [];
        const start = world.processes.known.get(pid)?.start;
        return start === undefined ? [] : [{ id, name, pid, start }];
      });
    const found = live.isLive ? find() : [];
    if (found.length > 0) return found;
    await live.refresh('quick');
    const untilMs = performance.now() + NAMES_MS;
    // What was just started may be known to its engine before it can be seen, and by its name a little later.
    while (find().length === 0 && performance.now() < untilMs) await moreNames(untilMs);
    return find();
  },
  watch: async ({ watcher }) => {
    await live.watch();
    await live.inTurn(async () => {
      for (const difference of telling.everything()) {
        say({ kind: 'changed', watcher, difference });
        await nextTurn(); // so that the main thread passes on what it has before it gets more
      }
      watchers.add(watcher);
      later('memory of a watch', PASSED_ON_MS, giveBackMemory).unref();
    });
    return null;
  },
  unwatch: ({ watcher }) => {
    watchers.delete(watcher);
    if (watchers.size === 0) live.unwatch();
    return null;
  },
};

/** With what is known, which is right while events are listened to; if it leads nowhere, after looking again. */
async function retried<T>(work: () => T): Promise<T> {
  if (!live.isLive) await live.refresh('quick');
  for (const depth of ['quick', 'deep'] as const) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await live.refresh(depth);
    }
  }
  return work();
}

async function answer({ id, question, params }: Asked): Promise<void> {
  try {
    const answerer = answerers[question] as (params: unknown) => unknown;
    say({ kind: 'answer', id, answer: await answerer(params) });
  } catch (error) {
    const isRefusal = error instanceof Refusal;
    say({ kind: 'failure', id, isRefusal, failure: toFailure(error, 'Could not look at the namespaces') });
  }
}

// A visit to a mount namespace needs a root directory that no other thread shares.
try {
  sys('unshare', 'the discovery thread', CLONE_FS);
} catch {
  // Not even that where a filter forbids it; then such visits fail, each with its own reason.
}
surviveErrors();
parentPort?.on('message', heard('a question to discovery', answer));
