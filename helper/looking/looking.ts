import { Worker } from 'node:worker_threads';
import { handedOn, sourceOf } from '../code/own-code.ts';
import { closeHoldings } from '../entry/entered.ts';
import { giveUp } from '../entry/prepare.ts';
import type { World } from '../entry/target.ts';
import type { Target } from '../protocol/target.ts';
import { background, heard, later, soon } from '../sys/background.ts';
import { Refusal } from '../sys/errors.ts';
import { recordEvent } from '../sys/log.ts';
import { answerOf, outcomeOf } from './outcome.ts';
import type { DwellingData, Need, Outcome, Question, Questions, Said, Told } from './questions.ts';
import { Turns } from './turns.ts';

/** What does not answer by then is given up, with its thread: nothing wakes a thread that the kernel holds. */
const DEADLINE_MS = 5000;
/** When no look has come to its end for so long, one may be held, and a question that waits gets a thread of its own. */
const PATIENCE_MS = 100;
/** A look that waits for discovery is not held by its target; but for longer than so others do not wait for it. */
const DISCOVERY_MS = 2000;

/** What an answer holds that comes when nobody waits for it any more. */
const giveBack: { readonly [Q in Question]?: (answer: Questions[Q]['answer']) => void } = { prepare: giveUp, take: closeHoldings };

/** The threads that look into targets: one question a thread at a time, so that none waits for long behind one that hangs. */
export class Looking {
  #idle: Looker | undefined;
  #working = 0;
  /** The threads that look, those that were given up left out. */
  readonly #busy = new Set<Looker>();
  /** When a look came to its end, or a thread was started. */
  #progressMs = 0;
  readonly #turns = new Turns();
  readonly #waiting = new Set<(looker: Looker) => void>();

  /** Has a thread wait for the first question: to start one takes longer than most answers. */
  begin(): void {
    this.#idle ??= new Looker();
  }

  /** @throws Refusal as the function behind the question does; `system` when the target does not answer in time */
  async ask<Q extends Question>(question: Q, params: Questions[Q]['params'], world: World): Promise<Questions[Q]['answer']> {
    const target = 'entry' in params ? params.entry.target : params.target;
    const key = JSON.stringify(target);
    // Where nobody has to wait the question is on its way when this returns.
    const turn = this.#turns.begin(key);
    if (turn) await turn;
    let deadline: NodeJS.Timeout | undefined;
    this.#working++;
    let isHeld = false;
    try {
      const dwelling = dwellingOf(target, world);
      const looker = this.#free() ?? (await this.#nextFree('container' in target || 'namespaces' in target));
      this.#busy.add(looker);
      const answered = looker.ask({ kind: 'asked', question, params, dwelling } as Told, world);
      const outcome = await Promise.race([
        answered,
        new Promise<undefined>(resolve => {
          // What has come while this thread was busy is heard first.
          deadline = later('the deadline of a look', DEADLINE_MS, () => soon('the deadline of a look', () => resolve(undefined)));
        }),
      ]);
      this.#busy.delete(looker);
      isHeld = !outcome;
      if (outcome) this.#keep(looker);
      else this.#giveUp(question, looker, answered, key);
      if (!outcome)
        throw new Refusal(
          'system',
          `The target did not answer within ${DEADLINE_MS / 1000} s: a file system or a process in it holds up whoever looks.`,
        );
      return answerOf(outcome) as Questions[Q]['answer'];
    } finally {
      clearTimeout(deadline);
      this.#working--;
      if (isHeld) this.#turns.hold(key);
      else this.#turns.end(key);
    }
  }

  #free(): Looker | undefined {
    const idle = this.#idle;
    this.#idle = undefined;
    if (idle?.lives) return idle;
    return this.#working === 1 ? this.#start() : undefined;
  }

  #getsOn(asksDiscovery: boolean): boolean {
    const sinceMs = performance.now() - PATIENCE_MS;
    return this.#progressMs > sinceMs || [...this.#busy].some(each => each.gotOnMs > sinceMs || (asksDiscovery && each.waitsForDiscovery));
  }

  #start(): Looker {
    this.#progressMs = performance.now();
    return new Looker();
  }

  /** @param asksDiscovery whether the look that waits will itself have to wait for discovery */
  #nextFree(asksDiscovery: boolean): Promise<Looker> {
    return new Promise((resolve, reject) => {
      const take = (looker: Looker): void => {
        clearTimeout(timer);
        this.#waiting.delete(take);
        resolve(looker);
      };
      const start = (): void => {
        try {
          take(this.#start());
        } catch (error) {
          this.#waiting.delete(take); // EAGAIN: no more threads
          reject(error);
        }
      };
      // On a busy machine another thread would only take time away from those that are getting on, or are just being started.
      const lookAgain = (): NodeJS.Timeout =>
        later('a thread that looks', PATIENCE_MS, () =>
          // Where this thread was busy, answers have come that it has not heard yet.
          soon('a thread that looks', () => {
            if (!this.#waiting.has(take)) return;
            if (this.#getsOn(asksDiscovery)) timer = lookAgain();
            else start();
          }),
        );
      let timer = lookAgain();
      this.#waiting.add(take);
    });
  }

  #keep(looker: Looker): void {
    this.#progressMs = performance.now();
    const [next] = this.#waiting;
    if (next && looker.lives) next(looker);
    else if (this.#idle) looker.end();
    else this.#idle = looker;
  }

  #giveUp<Q extends Question>(question: Q, looker: Looker, answered: Promise<Outcome>, key: string): void {
    recordEvent('look given up', { question });
    background('a look that was given up', async () => {
      const outcome = await answered;
      this.#turns.letGo(key);
      looker.end();
      if ('answer' in outcome) giveBack[question]?.(outcome.answer as Questions[Q]['answer']);
    });
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
  /** Its questions that discovery has not answered yet. */
  #ofDiscovery = 0;
  #neededMs = 0;
  /** When discovery last answered it. */
  gotOnMs = 0;
  #asked: { readonly world: World; readonly answer: (outcome: Outcome) => void } | undefined;

  constructor() {
    this.#worker.on(
      'message',
      heard('an answer of a look', (said: Said) => this.#hear(said)),
    );
    const ended = (error: Error): void => {
      this.lives = false;
      this.#answer({ failure: { kind: 'system', message: error.message }, isRefusal: false });
    };
    this.#worker.on('error', ended).on('exit', () => ended(new Error('the thread that looked has ended')));
    this.#worker.unref(); // after its listeners, which hold this process
  }

  ask(told: Told, world: World): Promise<Outcome> {
    return new Promise(resolve => {
      this.#asked = { world, answer: resolve };
      this.#worker.postMessage(told);
    });
  }

  get waitsForDiscovery(): boolean {
    return this.#ofDiscovery > 0 && performance.now() - this.#neededMs < DISCOVERY_MS;
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
    const ofDiscovery = need.what === 'containers' || need.what === 'open' ? 1 : 0;
    this.#ofDiscovery += ofDiscovery;
    if (ofDiscovery > 0) this.#neededMs = performance.now();
    const outcome = await outcomeOf('Could not look at the namespaces', () => this.#find(need));
    this.#ofDiscovery -= ofDiscovery;
    this.gotOnMs = performance.now();
    this.#worker.postMessage({ kind: 'given', id, outcome } satisfies Told);
  }

  #find(need: Need): unknown {
    const asked = this.#asked;
    if (!asked) throw new Error('nobody asks any more');
    const { discovery, probes } = asked.world;
    switch (need.what) {
      case 'containers':
        return discovery.containers(need.key, need.byId);
      case 'open':
        return discovery.open(need.reference);
      case 'root':
        return probes.rootIn(need.mnt, need.label);
      case 'maps':
        return probes.mapsIn(need.user, need.label);
      case 'filters':
        return probes.filtersOf(need.thread, need.count, need.label);
    }
  }
}
