import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { descendants, isAlive } from '../../support/processes.ts';
import { inRepository } from '../../support/repository.ts';
import { type Owner, type Profile, profileArguments, xdgFolders } from './profile.ts';

export interface ServerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Who it runs as; who runs the tests when left out. */
  readonly owner?: Owner;
  /** Where code-server and its Node are installed; a path that `owner` can reach. */
  readonly host?: string;
  /** A free one when left out. */
  readonly port?: number;
  /** Only so does a built workbench run a suite that its address names; such a one shows no notifications. */
  readonly takesTests?: boolean;
}

export const installedHost = inRepository('test/e2e/host');
const nodeOf = (host: string): string => join(host, `node_modules/node-linux-${process.arch}/bin/node`);
const codeServerOf = (host: string): string => join(host, 'node_modules/code-server/out/node/entry.js');

/** Set inside a VS Code terminal; with them code-server talks to that window instead of starting one. */
const inherited = ['VSCODE_IPC_HOOK_CLI', 'PORT', 'CODE_SERVER_PARENT_PID', 'PASSWORD', 'HASHED_PASSWORD', 'XDG_RUNTIME_DIR'];

function environmentOf(profile: Profile, extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !inherited.includes(name));
  // An empty gallery: nothing outside this machine is asked for extensions.
  return { ...Object.fromEntries(own), EXTENSIONS_GALLERY: '{}', ...xdgFolders(profile.directory), ...extra };
}

/** As a person would: with the command line, into the profile. */
export function installVsix(profile: Profile, vsix: string, { host = installedHost, owner, environment }: ServerOptions = {}): void {
  execFileSync(nodeOf(host), [codeServerOf(host), ...profileArguments(profile), '--install-extension', vsix, '--force'], {
    env: environmentOf(profile, environment),
    cwd: '/',
    stdio: ['ignore', 'ignore', 'inherit'],
    ...owner,
  });
}

export async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  return new Promise(resolve => {
    probe.once('error', () => resolve(false));
    probe.once('listening', () => probe.close(() => resolve(true)));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('the probe listens on no port');
  return address.port;
}

export class Server {
  readonly address: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.address = `http://127.0.0.1:${port}`;
  }

  static async start(
    profile: Profile,
    { environment, owner, host = installedHost, port, takesTests }: ServerOptions = {},
  ): Promise<Server> {
    const chosen = port ?? (await freePort());
    const log = openSync(profile.serverLog, 'a');
    const quiet = ['--disable-telemetry', '--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override'];
    const child = spawn(
      nodeOf(host),
      [
        codeServerOf(host),
        ...profileArguments(profile),
        ...['--auth', 'none', '--bind-addr', `127.0.0.1:${chosen}`, ...quiet, '--disable-proxy', '--ignore-last-opened'],
        ...(takesTests ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
      ],
      // A group of its own: Ctrl-C is for who started this, who then ends all of it in order.
      { env: environmentOf(profile, environment), cwd: '/', stdio: ['ignore', log, log], detached: true, ...owner },
    );
    process.once('exit', () => child.kill());
    const server = new Server(child, chosen);
    await eventually(`code-server on ${server.address} (${profile.serverLog})`, () => server.#answers(), 60);
    return server;
  }

  async #answers(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`code-server ended with ${this.#child.exitCode}`);
    return fetch(`${this.address}/healthz`).then(
      response => response.ok,
      () => false,
    );
  }

  killExtensionHosts(): void {
    const isHost = (pid: number): boolean => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=extensionHost');
      } catch {
        return false; // it has ended meanwhile
      }
    };
    const below = this.#child.pid === undefined ? [] : descendants(this.#child.pid);
    for (const pid of below.filter(isHost)) process.kill(pid, 'SIGKILL');
  }

  /** A file of this machine as the workbench names it. */
  remoteUri(path: string): string {
    return `vscode-remote://${new URL(this.address).host}${path}`;
  }

  /** Where to point a browser. `payload` is how a suite of tests gets in. */
  workbenchAddress(folder: string, payload: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams({ folder });
    if (Object.keys(payload).length > 0) query.set('payload', JSON.stringify(Object.entries(payload)));
    return `${this.address}/?${query}`;
  }

  /**
   * Ends it and all below it: its watchers and extension hosts would end by themselves only seconds later.
   */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || this.#child.exitCode !== null) return;
    const below = descendants(pid);
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    for (const each of below.filter(isAlive)) process.kill(each, 'SIGKILL');
    await eventually('the end of the extension host', () => !below.some(isAlive));
  }
}
