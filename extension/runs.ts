import type { Report } from '../helper/protocol/report.ts';

/** A program that this window runs in a sandbox of its own, until its end. */
export interface Run {
  /** The sandbox's id. */
  readonly sandbox: string;
  /** The program as a person calls it: `a.out`. */
  readonly program: string;
  /** How long it may take; without it, as long as it wants. */
  readonly wallSeconds?: number | undefined;
  readonly began: number;
}

/** How a run ended. */
export interface EndedRun {
  readonly sandbox: string;
  readonly report: Report;
  /** It was the person who ended it. */
  readonly stopped: boolean;
}

/** The runs of this window: those under way, and how the last one ended. */
export class Runs {
  readonly #underWay = new Map<string, Run>();
  readonly #stopped = new Set<string>();
  #last: Report | undefined;

  begin(run: Run): void {
    this.#underWay.set(run.sandbox, run);
  }

  of(sandbox: string): Run | undefined {
    return this.#underWay.get(sandbox);
  }

  get underWay(): readonly Run[] {
    return [...this.#underWay.values()];
  }

  /** Of the run that ended last. */
  get lastReport(): Report | undefined {
    return this.#last;
  }

  /** The person wants it to end. */
  stop(sandbox: string): void {
    this.#stopped.add(sandbox);
  }

  end(sandbox: string, report: Report): EndedRun {
    this.#underWay.delete(sandbox);
    this.#last = report;
    return { sandbox, report, stopped: this.#stopped.delete(sandbox) };
  }

  /** The helper went away, and nobody will tell how they end. */
  forget(): void {
    this.#underWay.clear();
    this.#stopped.clear();
  }
}
