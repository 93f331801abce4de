import { type Disposable, EventEmitter } from 'vscode';
import type { Difference } from '../helper/protocol/difference.ts';
import type { Sandbox } from '../helper/protocol/model.ts';
import { type Effect, Following } from './machine/following.ts';
import { Machine, type Viewpoint } from './machine/machine.ts';
import { Pulse } from './pulse.ts';

/** Often enough for a person, and seldom enough for a machine on which thousands of processes start each second. */
const tellEveryMs = 200;

/** The machine as the helper last described it, and who wants to hear that it has changed. */
export class World implements Disposable {
  #following = new Following();
  /** Those that nobody has heard of; undefined when everything may be different. */
  #untold: Difference[] | undefined = [];
  readonly #changed = new EventEmitter<readonly Difference[] | undefined>();
  readonly #pulse = new Pulse(tellEveryMs, () => this.#tell());

  /** With the differences to the machine before; without them, everything may be different. */
  readonly onDidChange = this.#changed.event;

  /** Empty when no helper runs. */
  get machine(): Machine {
    return this.#following.machine;
  }

  /** Forgets the machine; what is told from now on is seen from there. */
  begin(viewpoint: Viewpoint = {}): void {
    this.#following = new Following(new Machine(undefined, [], viewpoint));
    this.#tellEverything();
  }

  apply(difference: Difference): Effect {
    const effect = this.#following.apply(difference);
    if (effect === 'replaced') this.#tellEverything();
    else this.#untold?.push(difference);
    // What is shown in between would be no state that the machine was ever in.
    if (effect === 'changed') this.#pulse.soon();
    return effect;
  }

  takeSandboxes(sandboxes: readonly Sandbox[]): void {
    this.machine.takeSandboxes(sandboxes);
    this.#tellEverything();
  }

  #tellEverything(): void {
    this.#untold = undefined;
    this.#pulse.now();
  }

  #tell(): void {
    const differences = this.#untold;
    this.#untold = [];
    this.#changed.fire(differences);
  }

  dispose(): void {
    this.#pulse.dispose();
    this.#changed.dispose();
  }
}
