// The helper itself: its directory, its socket, its end.
import { chownSync, constants, existsSync, openSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { takeCode } from '../code/own-code.ts';
import { Discovery } from '../discovery/discovery.ts';
import { Streams } from '../entry/streams.ts';
import { Terminals } from '../entry/terminals.ts';
import { Looking } from '../looking/looking.ts';
import type { Sandbox } from '../protocol/model.ts';
import { Sandboxes } from '../sandbox/sandboxes.ts';
import { stages } from '../stage/waiting.ts';
import { background, every, heard, later, soon, surviveErrors } from '../sys/background.ts';
import { Refusal, SysError } from '../sys/errors.ts';
import { LOCK_EX_NB } from '../sys/flags.ts';
import { reopenPath } from '../sys/in-root.ts';
import { keepInherited } from '../sys/inherited.ts';
import { sys } from '../sys/libc.ts';
import { recordEvent } from '../sys/log.ts';
import { requireNoDebugger } from '../sys/no-debugger.ts';
import { reserve } from '../sys/reserve.ts';
import { version } from '../version.ts';
import { Admission } from './accept.ts';
import { Features } from './features.ts';
import type { Services } from './handlers.ts';
import { Policy } from './policy.ts';
import { makeStateDirectory } from './state-directory.ts';

const LEAVE_MS = 500;
/** Answers that are on their way still go out. */
const ANSWERS_MS = 50;
const REFILL_MS = 10_000;
/** A helper that was killed has its socket and its lock until its last thread, and a child that it was just starting, are through. */
const ENDING_MS = 2000;
const CLAIM_AGAIN_MS = 20;

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
 * @throws Refusal when the socket cannot be made there, another helper has it, or `user` is another than who starts it without root's rights
 */
export async function serve({ socket: given, user, firstTenant }: ServeOptions): Promise<void> {
  if (user !== process.getuid?.() && process.getuid?.() !== 0)
    throw new Refusal('denied', `Only a helper of root serves another user, as ${user}.`, {
      subject: String(user),
      hint: 'Start it with sudo, or without --user.',
    });
  const asked = resolve(given);
  // Where it was started may be removed, or unmounted, while it lives.
  process.chdir('/');
  keepInherited();
  requireNoDebugger();
  takeCode();
  surviveErrors();
  const state = makeStateDirectory(asked);
  const socket = join(state, basename(asked));
  // By its descriptor it is the same directory for as long as the helper lives.
  const held = reopenPath(openSync(state, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW));
  await claim(socket, held, state);
  reserve.fill(join(held, 'reserve'));
  every('the reserve', REFILL_MS, () => reserve.fill()).unref();
  const watchers = new Set<(sandboxes: Sandbox[]) => void>();
  const streams = new Streams();
  const sandboxes = new Sandboxes({ state, held }, firstTenant, () => {
    for (const tell of watchers) tell(sandboxes.list());
  });
  const discovery = new Discovery();
  const looking = new Looking();
  const services: Services = {
    version,
    state,
    features: new Features(),
    discovery,
    streams,
    terminals: new Terminals(streams),
    sandboxes,
    looking,
    watchSandboxes: watcher => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    stop: () => soon('the end', end),
  };
  const admission = new Admission(new Policy(user), services);
  const server = createServer(heard('a connection', connection => admission.accept(connection)));

  /** Whatever of it fails, the helper ends. */
  function end(): void {
    later('the end', ANSWERS_MS, () => leave(discovery));
    recordEvent('stopped');
    background('stages', () => stages.end());
    background('what sandboxes share', () => sandboxes.tidy());
    background('the socket', () => server.close());
    background('the socket', () => rmSync(socket, { force: true }));
    background('the reserve', () => reserve.release());
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, heard('the end', end));
  // A connection that cannot be taken, for want of descriptors say, is nobody's end but its own.
  server.on('error', error => recordEvent('connection lost', { error: String(error) }));

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
  looking.begin();
  recordEvent('started', { version, socket, user });
}

/** A thread that the kernel holds, by a file of somebody's that never answers, would keep exit(3) waiting for it. */
async function leave(discovery: Discovery): Promise<void> {
  await Promise.race([discovery.end(), delay(LEAVE_MS)]);
  sys('_exit', 'the helper', 0);
}

/**
 * Takes the directory, and a socket file away that nobody answers on.
 * @throws Refusal `taken`, when another helper has still not ended after `ENDING_MS`
 */
async function claim(socket: string, held: string, state: string): Promise<void> {
  const lock = openSync(`${held}/lock`, constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
  const deadline = performance.now() + ENDING_MS;
  for (;;) {
    const taken = await whyTaken(socket, lock, state);
    if (taken === undefined) break;
    if (performance.now() > deadline) throw taken;
    await delay(CLAIM_AGAIN_MS);
  }
  rmSync(socket, { force: true });
}

/** Two helpers with one directory would undo each other's sandboxes. The kernel drops the lock with the process that has it. */
async function whyTaken(socket: string, lock: number, state: string): Promise<Refusal | undefined> {
  const hint = 'Stop that one first.';
  if (existsSync(socket) && (await answers(socket)))
    return new Refusal('taken', `A helper answers on ${socket} already.`, { subject: socket, hint });
  try {
    sys('flock', `${state}/lock`, lock, LOCK_EX_NB);
    return undefined;
  } catch (error) {
    if (!(error instanceof SysError && error.errno === 'EAGAIN')) throw error;
    return new Refusal('taken', `Another helper keeps its records in ${state} already.`, { subject: state, hint });
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
