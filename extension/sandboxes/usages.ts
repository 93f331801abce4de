import type { MethodName, ParamsInput, Result } from '../../helper/protocol/methods.ts';
import type { Usage } from '../../helper/protocol/report.ts';

const askEveryMs = 3000;

/** Of more than fit on a screen nobody reads how much memory each has. */
const askedAtOnce = 32;

interface Helper {
  request<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
}

/** What sandboxes use, asked for only while somebody looks. */
export class Usages {
  readonly #helper: Helper;
  /** The ids of those that are shown; none when nobody looks. */
  readonly #shown: () => readonly string[];
  readonly #redraw: () => void;
  #known = new Map<string, Usage>();
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(helper: Helper, shown: () => readonly string[], redraw: () => void) {
    this.#helper = helper;
    this.#shown = shown;
    this.#redraw = redraw;
  }

  of(sandbox: string): Usage {
    return this.#known.get(sandbox) ?? {};
  }

  /** Asks at once, and again and again for as long as somebody looks at a sandbox. */
  async look(): Promise<void> {
    if (this.#asking) return;
    clearTimeout(this.#timer);
    const shown = this.#shown().slice(0, askedAtOnce);
    if (shown.length === 0) return;
    this.#asking = true;
    try {
      const answers = await Promise.all(shown.map(each => this.#ask(each)));
      this.#known = new Map(answers.flatMap(each => (each ? [each] : [])));
    } finally {
      this.#asking = false;
    }
    this.#timer = setTimeout(() => void this.look(), askEveryMs);
    this.#redraw();
  }

  /** Undefined for one that has ended meanwhile, or whose helper has. */
  #ask(sandbox: string): Promise<[string, Usage] | undefined> {
    return this.#helper.request('sandbox/usage', { sandbox }).then(
      usage => [sandbox, usage],
      () => undefined,
    );
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}
