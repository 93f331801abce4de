import type { Locator, Page } from 'playwright-core';

/** The box at the top: the command palette, pick lists and questions. */
export class QuickInput {
  readonly #page: Page;
  readonly #widget: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#widget = page.locator('.quick-input-widget');
  }

  get input(): Locator {
    return this.#widget.locator('.quick-input-box input');
  }

  get title(): Locator {
    return this.#widget.locator('.quick-input-title');
  }

  /** The line below the input: what is asked, or what is wrong with what was typed. */
  get message(): Locator {
    return this.#widget.locator('.quick-input-message');
  }

  /** Rows that can be ticked are checkboxes, the others options. */
  row(name: string | RegExp): Locator {
    return this.#widget.getByRole('option', { name }).or(this.#widget.getByRole('checkbox', { name })).first();
  }

  /** The row that Enter would take. */
  get focusedRow(): Locator {
    return this.#widget.locator('.monaco-list-row.focused');
  }

  /** Runs a command by the words that a person reads in the palette. */
  async run(command: string): Promise<void> {
    await this.#page.keyboard.press('F1');
    await this.input.waitFor();
    await this.input.fill(`>${command}`);
    await this.row(command).waitFor();
    await this.#page.keyboard.press('Enter');
  }

  async waitForTitle(title: string | RegExp): Promise<void> {
    await this.title.filter({ hasText: title }).waitFor();
  }

  async type(text: string): Promise<void> {
    await this.input.fill(text);
  }

  async accept(): Promise<void> {
    await this.#page.keyboard.press('Enter');
  }

  /** Answers a question for a file or a folder, once it is known what is there. */
  async answerPath(path: string): Promise<void> {
    await this.type(path);
    await this.#widget.locator('.quick-input-progress.active').waitFor({ state: 'detached' });
    await this.accept();
    await this.waitUntilClosed();
  }

  async choose(name: string | RegExp): Promise<void> {
    await this.row(name).click();
  }

  async leave(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.waitUntilClosed();
  }

  async waitUntilClosed(): Promise<void> {
    await this.#widget.waitFor({ state: 'hidden' });
  }
}
