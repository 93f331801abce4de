import type { Locator, Page } from 'playwright-core';
import { eventually } from '../../support/eventually.ts';

/** The editor that is in front. */
export class Editor {
  readonly #page: Page;
  readonly #editor: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#editor = page.locator('.editor-group-container.active .monaco-editor').first();
  }

  tab(name: string | RegExp): Locator {
    return this.#page.locator('.tabs-container').getByRole('tab', { name });
  }

  get tabs(): Locator {
    return this.#page.locator('.tabs-container').getByRole('tab');
  }

  /** The lines that are drawn now, from top to bottom; a long document draws only those that fit. */
  async lines(): Promise<readonly string[]> {
    const lines = await this.#editor
      .locator('.view-line')
      .evaluateAll(elements => elements.map(each => ({ top: each.getBoundingClientRect().top, text: each.textContent ?? '' })));
    return lines.sort((a, b) => a.top - b.top).map(({ text }) => text.replaceAll('\u00a0', ' ').trimEnd());
  }

  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    let text = '';
    const look = async () => {
      text = (await this.lines()).join('\n');
      return pattern.exec(text) ?? undefined;
    };
    return eventually(`${pattern} in the editor`, look, 20).catch(error => {
      throw new Error(`${error instanceof Error ? error.message : error}; it shows:\n${text}`);
    });
  }

  /** Ctrl+click on a link whose text matches. */
  async follow(link: string | RegExp): Promise<void> {
    await this.#editor
      .locator('.detected-link')
      .filter({ hasText: link })
      .first()
      .click({ modifiers: ['Control'] });
  }
}
