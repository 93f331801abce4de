import { randomUUID } from 'node:crypto';
import type { Shelf } from './memory.ts';

const idKey = 'terminal.window';
const openKey = 'terminal.open';

/** How the helper knows which of the terminals that it keeps were this window's: a word that stays with the workspace. */
export class WindowIdentity {
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Made when it is first asked for. */
  get id(): string {
    const known = this.#shelf.get(idKey);
    if (typeof known === 'string' && known !== '') return known;
    const id = randomUUID();
    this.#remember(idKey, id);
    return id;
  }

  /** Whether terminals were open when the window was looked at last: there may be some to come back to. */
  get hadTerminals(): boolean {
    return this.#shelf.get(openKey) === true;
  }

  set hadTerminals(open: boolean) {
    if (this.hadTerminals !== open) this.#remember(openKey, open);
  }

  #remember(key: string, value: unknown): void {
    // The editor keeps it in memory at once; it is lost only when the disk is full.
    Promise.resolve(this.#shelf.update(key, value)).catch(() => {});
  }
}
