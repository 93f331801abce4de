import type { Params, Result } from '../protocol/methods.ts';
import type { Size } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';

type Kept = Result<'terminal/list'>['terminals'][number];
type Opening = Pick<Params<'terminal/open'>, 'keep' | 'command'>;

/** What the helper knows of one terminal. Its bytes pass it by. */
export class Terminal {
  readonly id: string;
  readonly uid: number;
  readonly keep: Opening['keep'];
  readonly #command: Opening['command'];
  readonly #opened = new Date();
  /** Whoever opened it or attached to it last. */
  told: (terminal: string, ending: Ending) => void;
  /** What it is in, as a person calls it. */
  label = '';
  /** The helper's descriptor, for its size; the relay has another. */
  master = -1;
  /** What the relay knows it by. */
  number = 0;
  size: Size | undefined;
  /** The number of its client, while it has one. */
  client: number | undefined;
  wasShown = false;
  ended: Ending | undefined;
  forgetting: NodeJS.Timeout | undefined;
  /** From when `master` is open until it is forgotten. */
  isOpen = false;

  constructor(id: string, uid: number, told: Terminal['told'], { keep, command }: Opening = {}) {
    this.id = id;
    this.uid = uid;
    this.told = told;
    this.keep = keep;
    this.#command = command;
  }

  /** Of a kept one. */
  describe(): Kept {
    const { id, keep, label, client, ended } = this;
    if (!keep) throw new Error(`terminal ${id} is not kept`);
    return {
      terminal: id,
      ...keep,
      label,
      ...(this.#command && { command: this.#command }),
      attached: client !== undefined,
      opened: this.#opened.toISOString(),
      ...(ended && { ended }),
    };
  }
}
