import type { Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';

/** The part of xterm.js that VS Code leaves at a terminal's element. */
interface XtermElement extends HTMLElement {
  readonly xterm: {
    readonly cols: number;
    readonly rows: number;
    readonly buffer: {
      readonly active: { readonly length: number; readonly baseY: number; getLine(index: number): XtermLine | undefined };
    };
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

  /** The lines that a program draws on: without what has scrolled away. */
  screen(): Promise<readonly string[]> {
    return this.#page.evaluate(selector => {
      const terminal = document.querySelector<XtermElement>(selector)?.xterm;
      const buffer = terminal?.buffer.active;
      return Array.from({ length: terminal?.rows ?? 0 }, (_, row) => buffer?.getLine(buffer.baseY + row)?.translateToString(true) ?? '');
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

  /** What the tabs of all terminals say, in their order; with a single terminal the title of that. */
  async tabs(): Promise<readonly string[]> {
    const tabs = this.#page.locator('.terminal-tabs-entry:visible, .single-terminal-tab:visible');
    await tabs.first().waitFor();
    return (await tabs.allInnerTexts()).map(each => each.trim());
  }

  async waitForTabs(count: number): Promise<void> {
    await eventually(`${count} terminals`, async () => (await this.tabs()).length === count);
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

  /** Follows a link, a part of one line, as a person does: the mouse rests on it, and clicks with Ctrl held. */
  async follow(text: string): Promise<void> {
    const line = this.#page.locator(`${active} .xterm-rows > div`).filter({ hasText: text }).last();
    const box = await line.evaluate((element, part) => {
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const start = node.textContent?.indexOf(part) ?? -1;
        if (start < 0) continue;
        const range = document.createRange();
        range.setStart(node, start + 1);
        range.setEnd(node, start + 2);
        const { x, y, width, height } = range.getBoundingClientRect();
        return { x: x + width / 2, y: y + height / 2 };
      }
      return undefined;
    }, text);
    if (!box) throw new Error(`${text} is not drawn in one piece`);
    await this.#page.keyboard.down('Control');
    await this.#page.mouse.move(box.x, box.y);
    await this.#page.locator(`${active} .xterm-rows span[style*="underline"], ${active} .xterm-cursor-pointer`).first().waitFor();
    await this.#page.mouse.click(box.x, box.y);
    await this.#page.keyboard.up('Control');
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
