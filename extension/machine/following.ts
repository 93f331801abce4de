import type { Difference } from '../../helper/protocol/difference.ts';
import { Machine } from './machine.ts';

/** What a difference did: `part` when more of it follows, `replaced` when the machine is another one. */
export type Effect = 'part' | 'changed' | 'replaced';

/** Keeps a machine as the helper tells of it. One that begins anew is shown when it is there as a whole. */
export class Following {
  #machine: Machine;
  #next: Machine | undefined;

  constructor(machine = new Machine()) {
    this.#machine = machine;
  }

  get machine(): Machine {
    return this.#machine;
  }

  apply(difference: Difference): Effect {
    if (difference.beginning) this.#next = new Machine(undefined, [], this.#machine.viewpoint);
    (this.#next ?? this.#machine).apply(difference);
    if (difference.partial) return 'part';
    if (!this.#next) return 'changed';
    // Sandboxes are told apart from all else.
    this.#next.takeSandboxes(this.#machine.sandboxes);
    this.#machine = this.#next;
    this.#next = undefined;
    return 'replaced';
  }
}
