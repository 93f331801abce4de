import type { Page } from 'playwright-core';

export class ActivityBar {
  readonly #page: Page;
  constructor(page: Page) {
    this.#page = page;
  }

  /** Shows the views of the icon with this name. */
  async open(name: string): Promise<void> {
    const icon = this.#page.locator('.activitybar').getByRole('tab', { name: new RegExp(`^${name}`) });
    await icon.waitFor();
    if ((await icon.getAttribute('aria-selected')) !== 'true') await icon.click();
  }
}
