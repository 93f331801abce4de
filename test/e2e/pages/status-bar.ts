import type { Locator, Page } from 'playwright-core';

export class StatusBar {
  readonly #page: Page;
  constructor(page: Page) {
    this.#page = page;
  }

  entry(text: string | RegExp): Locator {
    return this.#page.locator('.statusbar-item').filter({ hasText: text }).first();
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
