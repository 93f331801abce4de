// Method → function. A method without a handler does not compile.
import { constants } from 'node:os';
import type { Discovery } from '../discovery/discovery.ts';
import type { LaunchWorld } from '../entry/launch.ts';
import { probes } from '../entry/probes.ts';
import { open, run } from '../entry/processes.ts';
import type { Streams } from '../entry/streams.ts';
import type { World } from '../entry/target.ts';
import type { Terminals } from '../entry/terminals.ts';
import { another } from '../likeness/another.ts';
import type { Looking } from '../looking/looking.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import {
  type MethodName,
  type Notification,
  type NotificationName,
  type Params,
  protocolVersion,
  type Result,
} from '../protocol/methods.ts';
import type { Sandbox } from '../protocol/model.ts';
import { openRun, runCollecting } from '../sandbox/attached-run.ts';
import { changeLimits, changesIn, keepFiles, killAll, sendSignal, usageIn } from '../sandbox/control.ts';
import type { Making, Sandboxes } from '../sandbox/sandboxes.ts';
import { scriptFactsOf, scriptFor } from '../script/script.ts';
import { Refusal } from '../sys/errors.ts';
import { Encoded } from './encoded.ts';
import { type Features, whyUnmakeable } from './features.ts';
import type { Peer } from './peer.ts';

/** The parts of the helper that handlers act on. */
export interface Services {
  readonly version: string;
  /** The directory of its socket and its records. */
  readonly state: string;
  readonly features: Features;
  readonly discovery: Discovery;
  readonly terminals: Terminals;
  readonly streams: Streams;
  readonly sandboxes: Sandboxes;
  readonly looking: Looking;
  /** Calls back after every change of the list of sandboxes, until the returned function is called. */
  readonly watchSandboxes: (watcher: (sandboxes: Sandbox[]) => void) => () => void;
  /** Ends the helper after the answer. */
  readonly stop: () => void;
}

/** One client: who it is, and how to tell it something. */
export interface Client {
  readonly peer: Peer;
  notify<N extends NotificationName>(name: N, notification: Notification<N>): void;
  /** Calls back when it has gone, at once if it has already; until the returned function is called. */
  onClose(handler: () => void): () => void;
  /** From now on it hears of namespaces and sandboxes that change. */
  watch(): void;
}

/** An answer, or the text of one from the discovery thread, whose types are the same. */
type Answer<M extends MethodName> = Result<M> | Encoded;

type Handler<M extends MethodName> = (params: Params<M>, services: Services, client: Client) => Answer<M> | Promise<Answer<M>>;

export const handlers: { readonly [M in MethodName]: Handler<M> } = {
  'helper/hello': async ({ protocol }, { version, features }) => {
    if (protocol !== protocolVersion) {
      throw new Refusal('unsupported', `The helper speaks version ${protocolVersion} of the protocol, and you version ${protocol}.`, {
        hint: 'Stop it and start it again.',
      });
    }
    return { protocol: protocolVersion, version, pid: process.pid, privileged: process.getuid?.() === 0, features: await features.ask() };
  },
  'helper/stop': (_, { stop }) => {
    stop();
    return {};
  },

  'namespaces/snapshot': async (_, { discovery }) => new Encoded(...(await discovery.snapshot())),
  'namespaces/watch': (_, __, client) => {
    client.watch();
    return {};
  },
  'namespaces/refresh': ({ deep }, { discovery }) => discovery.refresh(deep),
  'namespaces/statistics': (_, { discovery }) => discovery.statistics(),
  'namespaces/inspect': (reference, { discovery }) => discovery.inspect(reference),

  'terminal/open': (params, services, { peer, notify }) =>
    services.terminals.open(params, launching(services), peer.uid, (terminal, ending) =>
      notify('terminal/exited', { terminal, ...ending }),
    ),
  'terminal/resize': ({ terminal, size }, { terminals }, { peer }) => {
    terminals.resize(terminal, size, peer.uid);
    return {};
  },
  'terminal/close': ({ terminal }, { terminals }, { peer }) => {
    terminals.close(terminal, peer.uid);
    return {};
  },

  'terminal/choices': ({ target }, services) => services.looking.ask('choices', { target }, worldOf(services)),
  'terminal/list': (_, { terminals }, { peer }) => terminals.list(peer.uid),
  'terminal/attach': (params, { terminals }, { peer, notify }) =>
    terminals.attach(params, peer.uid, (terminal, ending) => notify('terminal/exited', { terminal, ...ending })),

  'process/run': (params, services, { onClose }) => run(params, launching(services), onClose),
  'process/open': (params, services, { peer, notify, onClose }) =>
    open(params, launching(services), {
      uid: peer.uid,
      streams: services.streams,
      onClose,
      exited: (process, ending) => notify('process/exited', { process, ...ending }),
    }),

  'sandbox/propose': (_, { sandboxes }) => sandboxes.propose(),
  'sandbox/plan': async ({ definition }, services, client) => {
    const { steps, notices } = await services.sandboxes.plan(making(definition, services, client));
    return { steps, notices: [...notices, ...whyUnmakeable(definition, await services.features.ask())] };
  },
  'sandbox/script': async ({ definition }, services, client) => {
    const { found } = await services.sandboxes.plan(making(definition, services, client));
    return { script: scriptFor(definition, scriptFactsOf(found.facts)) };
  },
  'sandbox/create': async ({ definition }, services, client) => {
    const sandbox = await services.sandboxes.create(making(definition, services, client));
    if (!definition.persist) client.onClose(() => killAll(services.sandboxes, sandbox.id));
    return sandbox;
  },
  'sandbox/run': ({ definition, input }, services, client) =>
    runCollecting(services.sandboxes, making(definition, services, client), input, client.onClose),
  'sandbox/open': ({ definition, size }, services, client) =>
    openRun(services.sandboxes, making(definition, services, client), size, {
      ...services,
      onClose: client.onClose,
      ended: (sandbox, report) => client.notify('sandbox/ended', { sandbox, report }),
    }),
  'sandbox/list': (_, { sandboxes }) => ({ sandboxes: sandboxes.list() }),
  'sandbox/usage': ({ sandbox }, { sandboxes }) => usageIn(sandboxes, sandboxes.find(sandbox).sandbox.id),
  'sandbox/update': ({ sandbox, limits }, { sandboxes }) => changeLimits(sandboxes, sandbox, limits),
  'sandbox/signal': ({ sandbox, signal }, { sandboxes }) => {
    sendSignal(sandboxes, sandbox, signalNumber(signal));
    return {};
  },
  'sandbox/remove': async ({ sandbox }, { sandboxes }) => {
    await sandboxes.remove(sandbox);
    return {};
  },
  'sandbox/changes': ({ sandbox }, { sandboxes }) => changesIn(sandboxes, sandbox),
  'sandbox/keep': async ({ sandbox, paths }, { sandboxes }, { peer }) => ({ kept: await keepFiles(sandboxes, sandbox, paths, peer) }),
  'sandbox/like': ({ target }, services, { peer }) => {
    const { sandboxes } = services;
    const taken = sandboxes.list().map(each => each.name);
    const own = 'sandbox' in target ? sandboxes.seek(target.sandbox) : undefined;
    // Its limits may have been changed since it was made.
    if (own) return another({ ...own.definition, limits: own.sandbox.limits }, taken);
    return services.looking.ask('like', { target, wish: { taken, uid: peer.uid, gid: peer.gid } }, worldOf(services));
  },
};

const worldOf = ({ discovery, sandboxes }: Services): World => ({ discovery, sandboxes: sandboxes.dwellings(), probes });

const launching = (services: Services): LaunchWorld => ({
  prepare: (entry, size) => services.looking.ask('prepare', { entry, size, cover: services.state }, worldOf(services)),
});

const making = (definition: Definition, services: Services, { peer }: Client): Making => ({
  definition,
  caller: peer,
  world: { take: target => services.looking.ask('take', { target }, worldOf(services)) },
});

/** @throws Refusal `invalid` for what is no signal here */
function signalNumber(symbol: string): number {
  const number = Object.entries(constants.signals).find(([name]) => name === symbol)?.[1];
  if (number === undefined) throw new Refusal('invalid', `${symbol} is no signal of Linux.`, { subject: symbol });
  return number;
}

/** The methods that do something with privileges: they are recorded. The rest only look. */
export const acts: ReadonlySet<MethodName> = new Set<MethodName>([
  'helper/stop',
  'terminal/open',
  'terminal/attach',
  'process/run',
  'process/open',
  'sandbox/create',
  'sandbox/run',
  'sandbox/open',
  'sandbox/update',
  'sandbox/signal',
  'sandbox/remove',
  'sandbox/keep',
]);
