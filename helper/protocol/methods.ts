import * as z from 'zod';
import { Definition, type DefinitionInput } from './definition/definition.ts';
import { CgroupLimits } from './definition/limits.ts';
import { Difference } from './difference.ts';
import { Failure } from './failure.ts';
import { Inspection } from './inspection.ts';
import { Hello, NamespaceReference, NamespaceType, Sandbox, ScanReport, Snapshot, Statistics } from './model.ts';
import { Ending, Report, Usage } from './report.ts';
import { AbsolutePath, Entry, Size, Target } from './target.ts';

/** Raised with every change that an older peer would not understand; both sides must have the same. */
export const protocolVersion = 5;

const nothing = z.strictObject({});
const id = z.string().min(1).max(128);

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

const Streams = z.object({ stdin: z.string(), stdout: z.string(), stderr: z.string() });

const definition = z.strictObject({ definition: Definition });
/** An id or a name. */
const which = z.strictObject({ sandbox: id });

/**
 * What a terminal that outlives its stream is kept for: `window` is whose it is, `tag` what the client wants to
 * know of it when it comes back. Both are the client's own words.
 */
const Keeping = z.strictObject({ window: id, tag: z.string().max(8192) });

const Kept = z.object({
  terminal: id,
  ...Keeping.shape,
  /** What it is in, as a person calls it. */
  label: z.string(),
  command: z.array(z.string()).optional(),
  /** A stream shows it now. */
  attached: z.boolean(),
  /** ISO 8601, UTC. */
  opened: z.string(),
  /** Absent while the command runs. */
  ended: z.object(Ending).optional(),
});

const NewLimits = z.strictObject(
  Object.fromEntries(Object.entries(CgroupLimits.shape).map(([key, limit]) => [key, limit.nullable()])) as {
    [K in keyof typeof CgroupLimits.shape]: z.ZodNullable<(typeof CgroupLimits.shape)[K]>;
  },
);

/** One file that a sandbox with a thrown-away root wrote, by its path inside. */
const Change = z.object({
  path: z.string(),
  kind: z.enum(['added', 'changed', 'removed']),
  type: z.enum(['file', 'directory', 'symlink', 'other']),
  sizeBytes: z.number(),
});

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

  'terminal/open': {
    params: Entry.extend({
      size: Size,
      /** It outlives its stream, and waits for {@link terminal/attach}; without it the kernel hangs it up then. */
      keep: Keeping.optional(),
      /** A shell that can, tells the editor where it is and which command runs. */
      shellIntegration: z.boolean().optional(),
    }),
    result: z.object({ terminal: id, token: z.string(), ...Opened }),
  },
  /** What a person may choose from for a terminal in it, and what it is when nothing is chosen. */
  'terminal/choices': {
    params: z.strictObject({ target: Target }),
    result: z.object({
      /** As which user, and in which directory. */
      user: z.string(),
      directory: z.string(),
      users: z.array(z.string()),
      /** Those that are there, the usual one first; none in an image without any. */
      shells: z.array(z.string()),
    }),
  },
  /** The kept ones of the caller, those that ended while nobody looked among them. */
  'terminal/list': { params: nothing, result: z.object({ terminals: z.array(Kept) }) },
  /**
   * A new stream in place of the one that it had: four bytes, the lowest first, say how many of the next ones were
   * written before; then comes what is written from now on. `terminal/exited` goes to who attached last.
   */
  'terminal/attach': {
    params: z.strictObject({ terminal: id, size: Size }),
    result: z.object({ token: z.string(), ended: z.object(Ending).optional() }),
  },
  'terminal/resize': { params: z.strictObject({ terminal: id, size: Size }), result: nothing },
  'terminal/close': { params: z.strictObject({ terminal: id }), result: nothing },

  /** Runs a command to its end. Output is cut at 1 MiB a stream, and `cut` says so; `notices` as of a terminal. */
  'process/run': {
    params: Entry.required({ command: true }).extend({
      input: z.string().optional(),
      timeoutMs: z.int().min(1).max(86_400_000).optional(),
    }),
    result: z.object({ ...Ending, stdout: z.string(), stderr: z.string(), cut: z.boolean(), notices: Opened.notices }),
  },
  /** Starts a command whose three streams are connections of their own. */
  'process/open': {
    params: Entry,
    result: z.object({ process: id, stdin: z.string(), stdout: z.string(), stderr: z.string(), ...Opened }),
  },

  /** What the wizard offers: a name and a subnet that are free now, and the names that are not. */
  'sandbox/propose': { params: nothing, result: z.object({ name: z.string(), subnet: z.string().optional(), taken: z.array(z.string()) }) },
  /** What making it would do, without doing any of it. `notices` names limits that this host cannot keep. */
  'sandbox/plan': { params: definition, result: z.object({ steps: z.array(z.string()), notices: z.array(z.string()) }) },
  /** The nearest script of util-linux and iproute2. */
  'sandbox/script': { params: definition, result: z.object({ script: z.string() }) },
  'sandbox/create': { params: definition, result: Sandbox },
  /** Makes a sandbox, runs its command to the end and removes it. Output is cut at 1 MiB a stream, and `cut` says so. */
  'sandbox/run': {
    params: definition.extend({ input: z.string().optional() }),
    result: Report.extend({ stdout: z.string(), stderr: z.string(), cut: z.boolean() }),
  },
  /** The same with the streams as connections of their own, or with a terminal. `sandbox/ended` brings the report. */
  'sandbox/open': {
    params: definition.extend({ size: Size.optional() }),
    result: z.object({ sandbox: Sandbox, streams: z.union([z.object({ terminal: id, token: z.string() }), Streams]) }),
  },
  'sandbox/list': { params: nothing, result: z.object({ sandboxes: z.array(Sandbox) }) },
  'sandbox/usage': { params: which, result: Usage },
  /** Changes limits of control groups while it runs; what is left out stays, `null` takes one away. */
  'sandbox/update': { params: which.extend({ limits: NewLimits }), result: Sandbox },
  /** To its command, or to its init where it has none; `signal` is the symbol. */
  'sandbox/signal': {
    params: which.extend({ signal: z.string().regex(/^SIG[A-Z0-9]{2,9}$/, 'is no signal like SIGTERM') }),
    result: nothing,
  },
  /** `sandbox` is an id or a name. Removing one that is gone is no error. */
  'sandbox/remove': { params: which, result: nothing },
  /** What was written to a thrown-away root. `cut` says that there is more than is told. */
  'sandbox/changes': { params: which, result: z.object({ changes: z.array(Change), cut: z.boolean() }) },
  /** Copies changed files out to the same place on this machine, with the rights of the caller. */
  'sandbox/keep': { params: which.extend({ paths: z.array(AbsolutePath).min(1).max(10_000) }), result: z.object({ kept: z.int() }) },
  /** A definition with the namespaces, root, maps and limits of something that runs; `notices` says what could not be taken over. */
  'sandbox/like': {
    params: z.strictObject({ target: Target }),
    result: z.object({ definition: z.custom<DefinitionInput>(), notices: z.array(z.string()) }),
  },
} as const;

/** What the helper says by itself, to the connection that asked for it. */
export const notifications = {
  /** The only word to a connection that is not served, before it ends. */
  'helper/refused': z.object({ failure: Failure }),
  'namespaces/changed': Difference,
  'sandbox/changed': z.object({ sandboxes: z.array(Sandbox) }),
  /** To the connection that asked for the run. */
  'sandbox/ended': z.object({ sandbox: id, report: Report }),
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
