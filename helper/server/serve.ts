// The helper itself: its directory, its socket, its end.
import { chownSync, constants, existsSync, openSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Discovery } from '../discovery/discovery.ts';
import { Streams } from '../entry/streams.ts';
import { Terminals } from '../entry/terminals.ts';
import type { Sandbox } from '../protocol/model.ts';
import { Sandboxes } from '../sandbox/sandboxes.ts';
import { stages } from '../stage/waiting.ts';
import { Refusal, SysError } from '../sys/errors.ts';
import { LOCK_EX_NB } from '../sys/flags.ts';
import { keepInherited } from '../sys/inherited.ts';
import { sys } from '../sys/libc.ts';
import { version } from '../version.ts';
import { accept } from './connection.ts';
import { Features } from './features.ts';
import type { Services } from './handlers.ts';
import { recordEvent } from './log.ts';
import { Policy } from './policy.ts';
import { makeStateDirectory } from './state-directory.ts';

const LEAVE_MS = 500;

export interface ServeOptions {
  readonly socket: string;
  /** Besides root: whose requests are answered, and to whom the socket belongs. */
  readonly user: number;
  /** The first id of the blocks that tenants get. */
  readonly firstTenant?: number;
}

/**
 * Serves until it is told to stop. What it made lives on.
 * @returns once the socket answers
 * @throws Refusal when the socket cannot be made there, or another helper has it
 */
export async function serve({ socket: given, user, firstTenant }: ServeOptions): Promise<void> {
  const socket = resolve(given);
  // Where it was started may be removed, or unmounted, while it lives.
  process.chdir('/');
  keepInherited();
  const state = dirname(socket);
  await claim(socket, state);
  const watchers = new Set<(sandboxes: Sandbox[]) => void>();
  const streams = new Streams();
  const sandboxes = new Sandboxes(state, firstTenant, () => {
    for (const tell of watchers) tell(sandboxes.list());
  });
  const discovery = new Discovery();
  const services: Services = {
    version,
    state,
    features: new Features(),
    discovery,
    streams,
    terminals: new Terminals(streams),
    sandboxes,
    watchSandboxes: watcher => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    stop: () => setImmediate(end),
  };
  const policy = new Policy(user);
  const server = createServer(connection => accept(connection, policy, services));

  function end(): void {
    recordEvent('stopped');
    stages.end();
    sandboxes.tidy();
    server.close();
    rmSync(socket, { force: true });
    // Answers that are on their way still go out.
    setTimeout(() => void leave(discovery), 50);
  }
  process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', end);

  // Nobody may connect between its making and its owner and mode.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(socket, resolve);
    });
  } finally {
    process.umask(mask);
  }
  if (user !== process.getuid?.()) chownSync(socket, user, -1);
  recordEvent('started', { version, socket, user });
}

/** A thread that the kernel holds (a file of somebody's that never answers) would keep the process from ending by itself. */
async function leave(discovery: Discovery): Promise<void> {
  const isEnded = await Promise.race([discovery.end().then(() => true), delay(LEAVE_MS, false)]);
  if (isEnded) process.exit(0);
  process.kill(process.pid, 'SIGKILL');
}

/** Makes the directory, and takes a socket file away that nobody answers on. */
async function claim(socket: string, state: string): Promise<void> {
  makeStateDirectory(socket);
  if (existsSync(socket) && (await answers(socket)))
    throw new Refusal('taken', `A helper answers on ${socket} already.`, { subject: socket, hint: 'Stop that one first.' });
  lock(state);
  rmSync(socket, { force: true });
}

/**
 * Two helpers with one directory would undo each other's sandboxes. The kernel drops the lock with this process.
 * @throws Refusal `taken`
 */
function lock(state: string): void {
  const fd = openSync(`${state}/lock`, constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
  try {
    sys('flock', `${state}/lock`, fd, LOCK_EX_NB);
  } catch (error) {
    if (!(error instanceof SysError && error.errno === 'EAGAIN')) throw error;
    throw new Refusal('taken', `Another helper keeps its records in ${state} already.`, { subject: state, hint: 'Stop that one first.' });
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect(socket)
      .on('connect', () => {
        probe.destroy();
        resolve(true);
      })
      .on('error', () => resolve(false));
  });
}
