import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { handedOn, sourceOf } from '../code/own-code.ts';
import type { World } from '../entry/target.ts';
import type { Target } from '../protocol/target.ts';
import { heard, later } from '../sys/background.ts';
import { Refusal } from '../sys/errors.ts';
import { recordEvent } from '../sys/log.ts';
import { answerOf, outcomeOf } from './outcome.ts';
import type { DwellingData, Need, Outcome, Question, Questions, Said, Told } from './questions.ts';

/** What does not answer by then is given up, with its thread: nothing wakes a thread that the kernel holds. */
const DEADLINE_MS = 5000;
/** So many threads may be held at a time; they end when they are let go. */
const HELD = 8;
/** One waits so long for the next question. */
const IDLE_MS = 30_000;

/** The threads that look into targets: one question a thread at a time, so that none waits behind one that hangs. */
export class Looking {
  #idle: Looker | undefined;
  #held = 0;

  /** @throws Refusal as the function behind the question does; `system` when the target does not answer in time */
  async ask<Q extends Question>(question: Q, params: Questions[Q]['params'], world: World): Promise<Questions[Q]['answer']> {
    if (this.#held >= HELD)
      throw new Refusal('system', `${HELD} looks into targets are held up already; none is begun until one of them ends.`);
    const dwelling = dwellingOf(params.target, world);
    const looker = this.#idle?.lives ? this.#idle : new Looker();
    this.#idle = undefined;
    const answered = looker.ask({ kind: 'asked', question, params, dwelling } as Told, world);
    const over = new AbortController();
    try {
      const outcome = await Promise.race([answered, delay(DEADLINE_MS, undefined, { signal: over.signal })]);
      if (outcome) this.#keep(looker);
      else this.#giveUp(question, looker, answered);
      if (!outcome)
        throw new Refusal(
          'system',
          `The target did not answer within ${DEADLINE_MS / 1000} s: a file system or a process in it holds up whoever looks.`,
        );
      return answerOf(outcome) as Questions[Q]['answer'];
    } finally {
      over.abort();
    }
  }

  #keep(looker: Looker): void {
    this.#idle?.end();
    this.#idle = looker;
    later('a thread that looks', IDLE_MS, () => {
      if (this.#idle !== looker) return;
      this.#idle = undefined;
      looker.end();
    }).unref();
  }

  #giveUp(question: Question, looker: Looker, answered: Promise<Outcome>): void {
    this.#held++;
    recordEvent('look given up', { question });
    answered
      .finally(() => {
        this.#held--;
        looker.end();
      })
      .catch(() => undefined);
  }
}

/** Its terms are found here: they are of what this thread knows. */
function dwellingOf(target: Target, { sandboxes }: World): DwellingData | undefined {
  if (!('sandbox' in target)) return undefined;
  const found = sandboxes.find(({ sandbox }) => sandbox.id === target.sandbox || sandbox.name === target.sandbox);
  return found && { sandbox: found.sandbox, start: found.start, terms: found.terms() };
}

/** One thread. */
class Looker {
  readonly #worker = new Worker(sourceOf('looking-worker.cjs'), {
    eval: true,
    workerData: handedOn(),
    trackUnmanagedFds: false, // descriptors that openat2 returns are closed by node:fs, which would warn
    resourceLimits: { maxYoungGenerationSizeMb: 1 },
  });
  lives = true;
  #asked: { readonly world: World; readonly answer: (outcome: Outcome) => void } | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on(
      'message',
      heard('an answer of a look', (said: Said) => this.#hear(said)),
    );
    const ended = (error: Error): void => {
      this.lives = false;
      this.#answer({ failure: { kind: 'system', message: error.message }, isRefusal: false });
    };
    this.#worker.on('error', ended).on('exit', () => ended(new Error('the thread that looked has ended')));
  }

  ask(told: Told, world: World): Promise<Outcome> {
    return new Promise(resolve => {
      this.#asked = { world, answer: resolve };
      this.#worker.postMessage(told);
    });
  }

  end(): void {
    this.#worker.terminate().catch(() => undefined);
  }

  #answer(outcome: Outcome): void {
    this.#asked?.answer(outcome);
    this.#asked = undefined;
  }

  async #hear(said: Said): Promise<void> {
    if (said.kind === 'answered') {
      this.#answer(said.outcome);
      return;
    }
    const { id, need } = said;
    const outcome = await outcomeOf('Could not look at the namespaces', () => this.#find(need));
    this.#worker.postMessage({ kind: 'given', id, outcome } satisfies Told);
  }

  #find(need: Need): unknown {
    const discovery = this.#asked?.world.discovery;
    return need.what === 'containers' ? discovery?.containers(need.key) : discovery?.open(need.reference);
  }
}
