import * as z from 'zod';
import { visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import type { Subject } from '../subject.ts';
import { Choice, isPlain, plain } from './choice.ts';

/** Where it is kept: the editor's own memory of the person. */
export interface Shelf {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** What a choice is remembered for, and as a person calls it. */
export interface Occasion {
  readonly key: string;
  readonly words: string;
}

/**
 * Containers come and go, and what is in them is their image's: the choice is that one's. A sandbox is
 * made again by its name. A process or a namespace is never the same again.
 */
export function occasionOf(machine: Machine, subject: Subject): Occasion | undefined {
  if (subject.kind === 'sandbox') {
    const name = machine.sandbox(subject.id)?.name;
    return name === undefined ? undefined : { key: `sandbox ${name}`, words: visible(name) };
  }
  const container = subject.kind === 'container' ? machine.container(subject.id) : undefined;
  if (!container) return undefined;
  const { engine, name, image, uid, within } = container;
  // Anybody can call an image as they like: what was chosen for one of root's is not for theirs.
  const owner = `${uid === undefined ? '' : ` of user ${uid}`}${within === undefined ? '' : ` in ${within}`}`;
  return image
    ? { key: `image ${image}${owner}`, words: `${visible(image)}${visible(owner)}` }
    : { key: `${engine} ${name}${owner}`, words: `${visible(name)}${visible(owner)}` };
}

const shelfKey = 'terminal.choices';
/** Of more the oldest are forgotten. */
const limit = 100;

const Stored = z.array(z.object({ key: z.string(), choice: z.unknown() }));
type Stored = z.infer<typeof Stored>;

/** How terminals were wanted last, by what they were in. */
export class Memory {
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Another version of Burrow may have written it. */
  get #stored(): Stored {
    return Stored.safeParse(this.#shelf.get(shelfKey)).data ?? [];
  }

  of(occasion: Occasion | undefined): Choice | undefined {
    const found = occasion && this.#stored.find(each => each.key === occasion.key);
    return found && Choice.safeParse(found.choice).data;
  }

  /** @param choice one that says nothing is as good as none */
  async remember({ key }: Occasion, choice: Choice): Promise<void> {
    const others = this.#stored.filter(each => each.key !== key);
    const all = isPlain(choice) ? others : [...others, { key, choice: plain(choice) }];
    await this.#shelf.update(shelfKey, all.slice(-limit));
  }

  /** @returns how many there were */
  async forget(): Promise<number> {
    const count = this.#stored.length;
    await this.#shelf.update(shelfKey, undefined);
    return count;
  }
}
