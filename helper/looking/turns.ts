// Whose turn it is to look into a target: so that one that hangs has few threads, and others have some.
import { Refusal } from '../sys/errors.ts';

/** Looks at a time, those that are held up left out. */
const AT_ONCE = 8;
/** Of them into one target. */
const AT_ONCE_INTO_ONE = 2;
/** Looks that were given up and that the kernel still holds, each with its thread. */
const HELD = 16;

interface Target {
  working: number;
  held: number;
}

export class Turns {
  readonly #targets = new Map<string, Target>();
  #working = 0;
  #held = 0;
  #waiting: (() => void)[] = [];

  /**
   * @returns what resolves when the look may begin; nothing when it may at once
   * @throws Refusal `system` where whoever looks into that target is held up
   */
  begin(key: string): Promise<void> | undefined {
    return this.#takes(key) ? undefined : this.#wait(key);
  }

  async #wait(key: string): Promise<void> {
    do await new Promise<void>(resolve => this.#waiting.push(resolve));
    while (!this.#takes(key));
  }

  #takes(key: string): boolean {
    const target = this.#targets.get(key) ?? { working: 0, held: 0 };
    if (target.held > 0) throw new Refusal('system', 'Whoever looks into this target is held up, by a file system or a process in it.');
    if (this.#held >= HELD) throw new Refusal('system', `${HELD} looks into targets are held up; none is begun until one of them ends.`);
    if (this.#working >= AT_ONCE || target.working >= AT_ONCE_INTO_ONE) return false;
    this.#targets.set(key, target);
    target.working++;
    this.#working++;
    return true;
  }

  end(key: string): void {
    this.#change(key, { working: -1 });
  }

  /** It was given up, and is held. */
  hold(key: string): void {
    this.#change(key, { working: -1, held: 1 });
  }

  letGo(key: string): void {
    this.#change(key, { held: -1 });
  }

  #change(key: string, { working = 0, held = 0 }: Partial<Target>): void {
    this.#working += working;
    this.#held += held;
    const target = this.#targets.get(key);
    if (target) {
      target.working += working;
      target.held += held;
      if (target.working === 0 && target.held === 0) this.#targets.delete(key);
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
