// A thread that looks into targets: whatever follows a path of a target's own, or reads its memory, may wait for a file
// system that never answers, and then nobody else waits with it.
import { parentPort } from 'node:worker_threads';
import { choicesIn } from '../entry/choices.ts';
import { prepare, take } from '../entry/prepare.ts';
import type { World } from '../entry/target.ts';
import { likenessOf } from '../likeness/likeness.ts';
import { heard, surviveErrors } from '../sys/background.ts';
import { CLONE_FS } from '../sys/flags.ts';
import { sys } from '../sys/libc.ts';
import { answerOf, outcomeOf } from './outcome.ts';
import type { DwellingData, Need, Outcome, Question, Questions, Said, Told } from './questions.ts';

const lookers: { readonly [Q in Question]: (params: Questions[Q]['params'], world: World) => Promise<Questions[Q]['answer']> } = {
  choices: ({ target }, world) => choicesIn(target, world),
  like: ({ target, wish }, world) => likenessOf(target, world, wish),
  prepare,
  take: ({ target }, world) => take(target, world),
};

const needed = new Map<number, (outcome: Outcome) => void>();
let needs = 0;

const say = (said: Said): void => parentPort?.postMessage(said);

/** Asks the main thread, and through it discovery. */
async function ask<T>(need: Need): Promise<T> {
  const id = ++needs;
  const given = new Promise<Outcome>(resolve => needed.set(id, resolve));
  say({ kind: 'needed', id, need });
  return answerOf(await given) as T;
}

const worldOf = (dwelling: DwellingData | undefined): World => ({
  discovery: {
    containers: (key, byId) => ask({ what: 'containers', key, byId }),
    open: reference => ask({ what: 'open', reference }),
  },
  probes: {
    rootIn: (mnt, label) => ask({ what: 'root', mnt, label }),
    mapsIn: (user, label) => ask({ what: 'maps', user, label }),
    filtersOf: (thread, count, label) => ask({ what: 'filters', thread, count, label }),
  },
  sandboxes: dwelling ? [{ ...dwelling, terms: () => dwelling.terms }] : [],
});

async function hear(told: Told): Promise<void> {
  if (told.kind === 'given') {
    needed.get(told.id)?.(told.outcome);
    needed.delete(told.id);
    return;
  }
  const look = lookers[told.question] as (params: unknown, world: World) => Promise<unknown>;
  const outcome = await outcomeOf('Could not look into it', () => look(told.params, worldOf(told.dwelling)));
  try {
    say({ kind: 'answered', outcome });
  } catch (error) {
    // It is no plain data: a mistake of ours, for which nobody shall wait.
    say({ kind: 'answered', outcome: await outcomeOf('Could not pass on what was found', () => Promise.reject(error)) });
  }
}

// A visit to a mount namespace needs a root directory that no other thread shares.
try {
  sys('unshare', 'a thread that looks', CLONE_FS);
} catch {
  // Not even that where a filter forbids it; then such visits fail, each with its own reason.
}
surviveErrors();
parentPort?.on('message', heard('a question to a thread that looks', hear));
