import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { inRepository } from '../../support/repository.ts';
import { ActivityBar } from '../pages/activity-bar.ts';
import { Editor } from '../pages/editor.ts';
import { Notifications } from '../pages/notifications.ts';
import { QuickInput } from '../pages/quick-input.ts';
import { StatusBar } from '../pages/status-bar.ts';
import { Terminal } from '../pages/terminal.ts';
import { TreeView } from '../pages/tree-view.ts';
import { launchBrowser, openPage } from './browser.ts';
import { makeProfile, type Profile, type Settings } from './profile.ts';
import { installVsix, Server, type ServerOptions } from './server.ts';

export interface WorkbenchOptions extends ServerOptions {
  readonly settings?: Settings;
}

const shots = inRepository('test/e2e/shots');
const manifest = JSON.parse(readFileSync(inRepository('package.json'), 'utf8')) as { readonly version: string };
export const vsixOf = (arch: string): string => inRepository(`burrow-linux-${arch}-${manifest.version}.vsix`);

const folderOf = ({ directory }: Profile): string => join(directory, 'workspace');

/** A workbench in a browser, with the very package installed that ships, and the objects that stand for its parts. */
export class Workbench {
  readonly page: Page;
  readonly activityBar: ActivityBar;
  readonly sandboxes: TreeView;
  readonly containers: TreeView;
  readonly namespaces: TreeView;
  readonly quickInput: QuickInput;
  readonly terminal: Terminal;
  readonly editor: Editor;
  readonly notifications: Notifications;
  readonly statusBar: StatusBar;
  /** The folder that is open. */
  readonly folder: string;
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #profile: Profile;
  readonly #console: readonly string[];

  private constructor(page: Page, browser: Browser, server: Server, profile: Profile, lines: readonly string[]) {
    this.page = page;
    this.activityBar = new ActivityBar(page);
    this.sandboxes = new TreeView(page, 'Sandboxes');
    this.containers = new TreeView(page, 'Containers');
    this.namespaces = new TreeView(page, 'Namespaces');
    this.quickInput = new QuickInput(page);
    this.terminal = new Terminal(page);
    this.editor = new Editor(page);
    this.notifications = new Notifications(page);
    this.statusBar = new StatusBar(page);
    this.#browser = browser;
    this.#server = server;
    this.folder = folderOf(profile);
    this.#profile = profile;
    this.#console = lines;
  }

  static async open({ settings, ...given }: WorkbenchOptions): Promise<Workbench> {
    const directory = mkdtempSync(join(tmpdir(), 'burrow-e2e-'));
    // Where extension hosts leave sockets and scratch files.
    const options = { ...given, environment: { XDG_RUNTIME_DIR: directory, TMPDIR: directory, ...given.environment } };
    const profile = makeProfile(directory, settings, options.owner);
    const folder = folderOf(profile);
    mkdirSync(folder);
    // A copy, which whoever runs the workbench can read.
    const vsix = join(directory, 'burrow.vsix');
    copyFileSync(vsixOf(process.arch), vsix);
    installVsix(profile, vsix, options);
    const browser = await launchBrowser(profile);
    const server = await Server.start(profile, options);
    const lines: string[] = [];
    const page = await openPage(browser, line => lines.push(line));
    const workbench = new Workbench(page, browser, server, profile, lines);
    try {
      await workbench.enter();
      return workbench;
    } catch (error) {
      await workbench.keepEvidence('open');
      await workbench.close();
      throw error;
    }
  }

  /** Writes a file into the folder, and opens it in an editor. */
  async edit(name: string, text: string, mode = 0o644): Promise<void> {
    const path = join(this.folder, name);
    writeFileSync(path, text, { mode });
    await this.quickInput.openFile(path);
    await this.editor.tab(name).waitFor();
  }

  /** As F5 in the browser: the window is there anew, and the extension host too. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#started();
  }

  /** As a crash would end it; the window starts another one. */
  killExtensionHost(): void {
    this.#server.killExtensionHosts();
  }

  /** The window is closed, and the editor's server lives on. */
  async leave(): Promise<void> {
    await this.page.goto('about:blank');
  }

  async enter(): Promise<void> {
    await this.page.goto(this.#server.workbenchAddress(this.folder));
    await this.#started();
  }

  /** Before that a window does less than it will: it leaves the panel open when the last terminal closes. */
  async #started(): Promise<void> {
    await this.activityBar.open('Burrow');
    await this.statusBar.waitUntilStarted();
  }

  /** What was copied last. */
  copied(): Promise<string> {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }

  async shot(name: string): Promise<void> {
    mkdirSync(shots, { recursive: true });
    await this.page.screenshot({ path: join(shots, `${name}.png`) });
  }

  /** Keeps what helps to understand a failure: the picture, the consoles, the extension host's and the extension's logs. */
  async keepEvidence(name: string): Promise<void> {
    await this.shot(`${name}-failed`);
    const logs = join(this.#profile.userData, 'logs');
    const files = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter(file => /remoteexthost\.log$|urrow.*\.log$/.test(file));
    const parts = [this.#profile.serverLog, ...files.map(file => join(logs, file))].map(
      path => `── ${path}\n${readFileSync(path, 'utf8')}`,
    );
    writeFileSync(join(shots, `${name}-failed.txt`), [...parts, '── console', ...this.#console].join('\n'));
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    rmSync(this.#profile.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
