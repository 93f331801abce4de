import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { patience } from '../../support/eventually.ts';
import { Missing } from '../../support/fixture.ts';
import { type Profile, xdgFolders } from './profile.ts';

/** How long one action may take before the test fails with the locator that it waited for. */
const actionMs = 20_000 * patience;
/** How long the workbench may take to load: a new installation compiles all of it. */
const loadMs = 120_000 * patience;

/** @throws Missing when there is no Chromium */
export function launchBrowser(profile: Profile): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Missing(`${executablePath} is not installed: apt-get install chromium`);
  return chromium.launch({
    executablePath,
    env: { ...process.env, ...xdgFolders(join(profile.directory, 'browser')) } as Record<string, string>,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
    ],
  });
}

/** A page that lets nothing leave this machine, and notes what its console says. */
export async function openPage(browser: Browser, note: (line: string) => void): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, permissions: ['clipboard-read', 'clipboard-write'] });
  context.setDefaultTimeout(actionMs);
  context.setDefaultNavigationTimeout(loadMs);
  await context.route(
    url => url.hostname !== '127.0.0.1',
    route => route.abort(),
  );
  const page = await context.newPage();
  page.on('console', message => note(`${message.type()}: ${message.text()}`));
  page.on('pageerror', error => note(`error: ${error}`));
  return page;
}
