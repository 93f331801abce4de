import type { Locator, Page } from 'playwright-core';

export class StatusBar {
  readonly #page: Page;
  constructor(page: Page) {
    this.#page = page;
  }

  entry(text: string | RegExp): Locator {
    return this.#page.locator('.statusbar-item').filter({ hasText: text }).first();
  }

  /** The editor's own entry for problems comes when the window has started all of its parts. */
  async waitUntilStarted(): Promise<void> {
    await this.#page.locator('[id="status.problems"]').waitFor();
  }

  /** How many errors the editor knows of, when there are no warnings. */
  problems(errors: number): Locator {
    return this.#page.locator('[id="status.problems"]').filter({ hasText: new RegExp(`^\\s*${errors}\\s*0`) });
  }

  /** The names of the codicons in an entry, like `shield`. */
  icons(text: string | RegExp): Promise<readonly string[]> {
    return this.entry(text)
      .locator('.codicon')
      .evaluateAll(icons =>
        icons.flatMap(icon => [...icon.classList].filter(name => name.startsWith('codicon-')).map(name => name.slice('codicon-'.length))),
      );
  }
}
