import * as z from 'zod';
import { Definition } from './definition.ts';
import { Difference } from './difference.ts';
import { Inspection } from './inspection.ts';
import { Hello, NamespaceReference, NamespaceType, Sandbox, ScanReport, Snapshot, Statistics } from './model.ts';
import { Entry, Size } from './target.ts';

/** Raised with every change that an older peer would not understand; both sides must have the same. */
export const protocolVersion = 2;

const nothing = z.strictObject({});
const id = z.string().min(1).max(128);

/** How a process ended: one of the two. `signal` is the symbol, `SIGKILL`. */
const Ending = { exitCode: z.int().optional(), signal: z.string().optional() };

/**
 * A terminal or a command that runs, and the tokens of its streams. A token is good for one
 * connection by the same user within ten seconds: that connection sends {@link streamGreeting} and
 * from then on carries raw bytes.
 */
const Opened = {
  /** What the person should know about the shell: dim first lines of the terminal. */
  notices: z.array(z.string()),
  /** Which namespaces were joined; the rest are the helper's own. */
  joined: z.array(NamespaceType),
};

/** One entry per request: how its params and its result are read. Source of the types and of the checks on both sides. */
export const methods = {
  'helper/hello': { params: z.strictObject({ protocol: z.int() }), result: Hello },
  /** The helper ends; what it made lives on and is adopted by the next one. */
  'helper/stop': { params: nothing, result: nothing },

  'namespaces/snapshot': { params: nothing, result: Snapshot },
  /** From now on `namespaces/changed` tells what changes. It begins with everything there is as `added`, in parts. */
  'namespaces/watch': { params: nothing, result: nothing },
  /** Looks at every process now; `deep`: at threads, open files, sockets and mounts, too. */
  'namespaces/refresh': { params: z.strictObject({ deep: z.boolean().default(false) }), result: ScanReport },
  'namespaces/statistics': { params: nothing, result: Statistics },
  'namespaces/inspect': { params: NamespaceReference, result: Inspection },

  'terminal/open': { params: Entry.extend({ size: Size }), result: z.object({ terminal: id, token: z.string(), ...Opened }) },
  'terminal/resize': { params: z.strictObject({ terminal: id, size: Size }), result: nothing },
  'terminal/close': { params: z.strictObject({ terminal: id }), result: nothing },

  /** Runs a command to its end. Output is cut at 1 MiB a stream, and `cut` says so. */
  'process/run': {
    params: Entry.required({ command: true }).extend({
      input: z.string().optional(),
      timeoutMs: z.int().min(1).max(86_400_000).optional(),
    }),
    result: z.object({ ...Ending, stdout: z.string(), stderr: z.string(), cut: z.boolean() }),
  },
  /** Starts a command whose three streams are connections of their own. */
  'process/open': {
    params: Entry,
    result: z.object({ process: id, stdin: z.string(), stdout: z.string(), stderr: z.string(), ...Opened }),
  },

  /** What the wizard offers: a name and a subnet that are free now, and the names that are not. */
  'sandbox/propose': { params: nothing, result: z.object({ name: z.string(), subnet: z.string().optional(), taken: z.array(z.string()) }) },
  'sandbox/plan': { params: z.strictObject({ definition: Definition }), result: z.object({ steps: z.array(z.string()) }) },
  'sandbox/create': { params: z.strictObject({ definition: Definition }), result: Sandbox },
  'sandbox/list': { params: nothing, result: z.object({ sandboxes: z.array(Sandbox) }) },
  /** `sandbox` is an id or a name. Removing one that is gone is no error. */
  'sandbox/remove': { params: z.strictObject({ sandbox: id }), result: nothing },
} as const;

/** What the helper says by itself, to the connection that asked for it. */
export const notifications = {
  'namespaces/changed': Difference,
  'sandbox/changed': z.object({ sandboxes: z.array(Sandbox) }),
  'terminal/exited': z.object({ terminal: id, ...Ending }),
  'process/exited': z.object({ process: id, ...Ending }),
} as const;

export type MethodName = keyof typeof methods;
/** As the caller gives them, and as the handler gets them: defaults filled in. */
export type ParamsInput<M extends MethodName> = z.input<(typeof methods)[M]['params']>;
export type Params<M extends MethodName> = z.output<(typeof methods)[M]['params']>;
export type Result<M extends MethodName> = z.output<(typeof methods)[M]['result']>;

export type NotificationName = keyof typeof notifications;
export type Notification<N extends NotificationName> = z.output<(typeof notifications)[N]>;

/** The first line of a connection that becomes the raw stream of `token`. JSON-RPC begins with `Content-Length`. */
export const streamGreeting = (token: string): string => `burrow-stream ${token}\n`;
export const streamGreetingPattern = /^burrow-stream ([0-9a-f]{64})\n/;
