import type { Locator, Page } from 'playwright-core';

export class Notifications {
  readonly #page: Page;
  constructor(page: Page) {
    this.#page = page;
  }

  toast(text: string | RegExp): Locator {
    return this.#page.locator('.notification-toast').filter({ hasText: text }).first();
  }

  /** Of all that are shown, the newest first. */
  texts(): Promise<readonly string[]> {
    return this.#page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
  }

  async press(text: string | RegExp, button: string): Promise<void> {
    await this.toast(text).getByRole('button', { name: button }).click();
  }

  /** A question in the middle of the window that has to be answered. */
  get dialog(): Locator {
    return this.#page.locator('.monaco-dialog-box');
  }

  async answer(button: string): Promise<void> {
    await this.dialog.getByRole('button', { name: button }).click();
  }
}
