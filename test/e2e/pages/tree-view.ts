import type { Locator, Page } from 'playwright-core';

/** One view of the side bar, by its title. Rows are found by their accessible name: label, space, description. */
export class TreeView {
  readonly #page: Page;
  readonly #pane: Locator;

  constructor(page: Page, title: string) {
    this.#page = page;
    this.#pane = page.locator('.pane').filter({ has: page.locator(`.pane-header[aria-label^="${title}"]`) });
  }

  get header(): Locator {
    return this.#pane.locator('.pane-header');
  }

  /** The tree's rows that are drawn now: a long tree draws only those that fit. */
  get rows(): Locator {
    return this.#pane.getByRole('treeitem');
  }

  /** What the view says when it is empty. */
  get welcome(): Locator {
    return this.#pane.locator('.welcome-view-content');
  }

  row(name: string | RegExp): Locator {
    return this.#pane.getByRole('treeitem', { name }).first();
  }

  /** What stands beside the view's title. */
  get description(): Locator {
    return this.header.locator('.description');
  }

  /** The row that is selected, and drawn. */
  get selected(): Locator {
    return this.#pane.locator('[role=treeitem][aria-selected=true]');
  }

  welcomeButton(name: string): Locator {
    return this.welcome.getByRole('button', { name });
  }

  async unfold(): Promise<void> {
    if ((await this.header.getAttribute('aria-expanded')) === 'false') await this.header.click();
  }

  async fold(): Promise<void> {
    if ((await this.header.getAttribute('aria-expanded')) === 'true') await this.header.locator('.title').click();
  }

  async expand(name: string | RegExp): Promise<Locator> {
    const row = this.row(name);
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.locator('.monaco-tl-twistie').click();
    await this.#pane.locator(`[role=treeitem][aria-expanded=true]`).first().waitFor();
    return row;
  }

  async select(name: string | RegExp): Promise<Locator> {
    const row = this.row(name);
    await row.locator('.monaco-icon-label').first().click();
    return row;
  }

  /** A button at the right end of a row; it is drawn only under the mouse. */
  async press(name: string | RegExp, button: string): Promise<void> {
    const row = this.row(name);
    await row.hover();
    await row.getByRole('button', { name: button }).click();
  }

  /** A button in the view's title. */
  async pressInTitle(button: string): Promise<void> {
    await this.header.hover();
    await this.header.getByRole('button', { name: button }).click();
  }

  async choose(name: string | RegExp, entry: string | RegExp): Promise<void> {
    await this.row(name).locator('.monaco-icon-label').first().click({ button: 'right' });
    const menu = this.#page.locator('.context-view .monaco-menu');
    await menu.getByRole('menuitem', { name: entry, exact: true }).hover();
    await menu.locator('.action-item.focused').filter({ hasText: entry }).waitFor();
    // Not a click: a menu that has just opened takes a mouse button that goes up for the end of the one that opened it.
    await this.#page.keyboard.press('Enter');
    await menu.waitFor({ state: 'detached' });
  }

  /** An entry of a submenu of a row's context menu. */
  async chooseIn(name: string | RegExp, submenu: string, entry: string): Promise<void> {
    await this.#openSubmenu(name, submenu);
    await this.#page.locator('.context-view .monaco-submenu').getByRole('menuitem', { name: entry, exact: true }).hover();
    await this.#page.locator('.context-view .monaco-submenu .action-item.focused').filter({ hasText: entry }).waitFor();
    await this.#page.keyboard.press('Enter');
    await this.#page.locator('.context-view .monaco-menu').first().waitFor({ state: 'detached' });
  }

  /** The entries of a submenu; both menus are closed again. */
  async submenuOf(name: string | RegExp, submenu: string): Promise<readonly string[]> {
    await this.#openSubmenu(name, submenu);
    const labels = this.#page.locator('.context-view .monaco-submenu .action-label:not(.separator)');
    await labels.first().waitFor();
    const entries = await labels.allInnerTexts();
    await this.#page.keyboard.press('Escape');
    await this.#page.keyboard.press('Escape');
    await this.#page.locator('.context-view .monaco-menu').first().waitFor({ state: 'detached' });
    return entries.map(each => each.trim()).filter(each => each !== '');
  }

  async #openSubmenu(name: string | RegExp, submenu: string): Promise<void> {
    await this.row(name).locator('.monaco-icon-label').first().click({ button: 'right' });
    const item = this.#page.locator('.context-view .monaco-menu .action-item:has(.submenu-indicator)').filter({ hasText: submenu });
    await item.hover();
    await this.#page.locator('.context-view .monaco-submenu').waitFor();
  }

  /** The entries of a row's context menu; the menu is closed again. */
  async menuOf(name: string | RegExp): Promise<readonly string[]> {
    await this.row(name).locator('.monaco-icon-label').first().click({ button: 'right' });
    const labels = this.#page.locator('.context-view .monaco-menu .action-label:not(.separator)');
    await labels.first().waitFor();
    const entries = await labels.allInnerTexts();
    await this.#page.keyboard.press('Escape');
    return entries.map(each => each.trim()).filter(each => each !== '');
  }
}
