import type { Locator, Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';

/** So long something may take that is tried again. */
const SOON_MS = 3000;

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

  /** The box while it asks this, and nothing has been typed. */
  placeholder(text: string): Locator {
    return this.#widget.getByPlaceholder(text, { exact: true });
  }

  async back(): Promise<void> {
    await this.#widget.getByRole('button', { name: 'Back' }).click();
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
    await this.#find(command, this.row(command));
    await this.#page.keyboard.press('Enter');
  }

  /** Runs a command of the editor's own that the palette does not list first. */
  async runExactly(command: string): Promise<void> {
    // Behind a comma the row says when it was used last, and its keys.
    const row = this.#widget.getByRole('option', { name: new RegExp(`^${command.replace(/[()]/g, '\\$&')}(?:,|$)`) }).first();
    await this.#find(command, row);
    await row.click();
  }

  /** Opens the palette again until it has the row: it lists what can be done at the moment when it is opened, and closes when the focus goes. */
  async #find(command: string, row: Locator): Promise<void> {
    await eventually(`${command} in the palette`, async () => {
      await this.#page.keyboard.press('F1');
      const isTyped = (await appears(this.input)) && (await succeeds(this.input.fill(`>${command}`, { timeout: SOON_MS })));
      if (isTyped && (await appears(row))) return true;
      await this.leave();
      return false;
    });
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

  /** Opens a file in an editor by its absolute path. */
  async openFile(path: string): Promise<void> {
    await this.#page.keyboard.press('Control+p');
    await this.input.waitFor();
    await this.type(path);
    await this.focusedRow.filter({ hasText: path.split('/').at(-1) ?? '' }).waitFor();
    await this.accept();
    await this.waitUntilClosed();
  }

  /** Answers the dialog that asks for a file or a folder. It takes a path back that is typed before it has read the folder it begins in. */
  async answerPath(path: string): Promise<void> {
    await eventually(`${path} in the dialog`, async () => {
      await this.type(path);
      await appears(this.row(path.split('/').at(-1) ?? ''));
      return (await this.input.inputValue()) === path;
    });
    await this.accept();
  }

  async choose(name: string | RegExp): Promise<void> {
    await this.row(name).click();
  }

  /** A button at the right end of a row. */
  async pressIn(row: string | RegExp, button: string): Promise<void> {
    await this.row(row).hover();
    await this.row(row)
      .getByRole('button', { name: button })
      .or(this.row(row).locator(`[aria-label="${button}"]`))
      .first()
      .click();
  }

  async leave(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.waitUntilClosed();
  }

  async waitUntilClosed(): Promise<void> {
    await this.#widget.waitFor({ state: 'hidden' });
  }
}

const appears = (there: Locator): Promise<boolean> => succeeds(there.waitFor({ timeout: SOON_MS }));

const succeeds = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );
