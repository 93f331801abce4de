import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';

/** The part of xterm.js that VS Code leaves at a terminal's element. */
interface XtermElement extends HTMLElement {
  readonly xterm: {
    readonly cols: number;
    readonly rows: number;
    readonly buffer: { readonly active: { readonly length: number; getLine(index: number): XtermLine | undefined } };
  };
}
interface XtermLine {
  readonly isWrapped: boolean;
  translateToString(trimRight: boolean): string;
}

const active = '.terminal-wrapper.active';

/** The terminal that is in front. */
export class Terminal {
  readonly #page: Page;
  #commands = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  /** All that the terminal holds, scrollback too; lines that were wrapped are whole again. */
  text(): Promise<string> {
    return this.#page.evaluate(selector => {
      const buffer = document.querySelector<XtermElement>(selector)?.xterm?.buffer.active;
      if (!buffer) return '';
      let text = '';
      for (let index = 0; index < buffer.length; index++) {
        const line = buffer.getLine(index);
        if (!line) continue;
        const continued = buffer.getLine(index + 1)?.isWrapped === true;
        text += line.translateToString(!continued) + (continued ? '' : '\n');
      }
      return text.trimEnd();
    }, active);
  }

  size(): Promise<{ readonly columns: number; readonly rows: number }> {
    return this.#page.evaluate(selector => {
      const terminal = document.querySelector<XtermElement>(selector)?.xterm;
      return { columns: terminal?.cols ?? 0, rows: terminal?.rows ?? 0 };
    }, active);
  }

  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    try {
      return await eventually(`${pattern} in the terminal`, async () => pattern.exec(await this.text()) ?? undefined, 20);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}; it shows:\n${await this.text()}`);
    }
  }

  async waitUntilFocused(): Promise<void> {
    await this.#page.locator(`${active} .xterm.focus`).waitFor();
  }

  async waitUntilClosed(): Promise<void> {
    await this.#page.locator(active).waitFor({ state: 'detached' });
  }

  async focus(): Promise<void> {
    await this.#page.locator(`${active} .xterm-helper-textarea`).focus();
  }

  /** Types into whatever has the focus. */
  async type(text: string): Promise<void> {
    await this.#page.keyboard.type(text);
  }

  async press(key: string): Promise<void> {
    await this.#page.keyboard.press(key);
  }

  /** Types a command into the shell, waits for its end, and answers what it printed. */
  async run(command: string): Promise<string> {
    const mark = `end-${++this.#commands}`;
    // Quoted apart, so that the line as it is typed does not look like its own end. It may be there
    // twice: the kernel echoes what is typed before the shell reads, and the shell then shows it again.
    await this.type(`${command}; echo "${mark}"":$?"\n`);
    const [, output = ''] = await this.waitFor(new RegExp(`[\\s\\S]*${mark}"":\\$\\?"\\n([\\s\\S]*?)${mark}:\\d+`));
    return output.trim();
  }
}
