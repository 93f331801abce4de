// The subcommands of `burrow`. All but `serve` are clients of the socket and hold no logic of their own.
import { argv, execArgv, execPath } from 'node:process';
import { parseArgs } from 'node:util';
import { parseTarget } from '../entry/target-words.ts';
import type { Failure } from '../protocol/failure.ts';
import { HelperFailure } from '../protocol/helper-failure.ts';
import type { MethodName, ParamsInput } from '../protocol/methods.ts';
import { methods } from '../protocol/methods.ts';
import { sudoLine } from '../protocol/shell-line.ts';
import { invokingUser } from '../server/policy.ts';
import { requireSocketPath } from '../server/state-directory.ts';
import { Refusal } from '../sys/errors.ts';
import { debuggerOptions } from '../sys/no-debugger.ts';
import { attach, listTerminals } from './attach.ts';
import { Helper } from './connect.ts';
import { readDefinition } from './definition-file.ts';
import { startDetached } from './detached.ts';
import { entryOf } from './entry-options.ts';
import { execute } from './execute.ts';
import { ownName, ownRunner } from './own-words.ts';
import { print, printJson, say, sayJson } from './print.ts';
import { runSandbox } from './run.ts';
import { defaultSocket } from './sockets.ts';

interface Values {
  readonly socket: string;
  readonly user?: string;
  readonly detach?: boolean;
  readonly 'first-tenant'?: string;
  readonly json?: boolean;
  readonly types?: string;
  readonly workdir?: string;
  readonly env?: readonly string[];
  readonly tty?: boolean;
  readonly login?: boolean;
  readonly tools?: string;
  readonly filter?: string;
}

interface Command {
  readonly usage: string;
  readonly options: readonly (keyof Values)[];
  /** `rest` is what follows `--`; the number it gives back is the exit code. */
  readonly run: (words: readonly string[], values: Values, rest: readonly string[] | undefined) => Promise<number | undefined>;
}

const options = {
  socket: { type: 'string' },
  user: { type: 'string', short: 'u' },
  detach: { type: 'boolean' },
  types: { type: 'string' },
  workdir: { type: 'string', short: 'w' },
  env: { type: 'string', short: 'e', multiple: true },
  tty: { type: 'boolean', short: 't' },
  login: { type: 'boolean', short: 'l' },
  tools: { type: 'string' },
  filter: { type: 'string' },
  'first-tenant': { type: 'string' },
  json: { type: 'boolean' },
} as const;

const commands: Readonly<Record<string, Command>> = {
  serve: {
    usage: 'serve [--user UID] [--detach] [--first-tenant ID]  start the helper, for UID besides root',
    options: ['user', 'detach', 'first-tenant'],
    run: async (words, { socket, user, detach, 'first-tenant': first }) => {
      refuseWords(words);
      const served = user === undefined ? invokingUser() : parseUid(user);
      if (detach) {
        const tenants = first === undefined ? [] : ['--first-tenant', first];
        const words = ['serve', '--socket', socket, '--user', String(served), ...tenants];
        await startDetached([execPath, ...execArgv, ...debuggerOptions, argv[1] ?? '', ...words], socket);
        return 0;
      }
      // Only the helper loads koffi; its clients stay light, and run where there is no build of it.
      const { serve } = await import('../server/serve.ts');
      await serve({ socket, user: served, ...(first !== undefined && { firstTenant: parseUid(first) }) });
      print(`burrow: serving on ${socket}`);
      return undefined;
    },
  },
  call: {
    usage: 'call METHOD [JSON]                    one request; the result as JSON',
    options: [],
    run: async ([method, json = '{}', ...words], { socket }) => {
      refuseWords(words);
      if (method === undefined || !isMethod(method))
        throw new Refusal('invalid', `${JSON.stringify(method ?? '')} is no method: use ${Object.keys(methods).join(', ')}.`);
      using helper = await Helper.reach(socket);
      // The helper reads the params: what is wrong with them it says best.
      const params = parseJson(json) as ParamsInput<typeof method>;
      printJson(await helper.request(method, params));
      return 0;
    },
  },
  exec: {
    usage: 'exec [OPTION…] TARGET… [-- COMMAND…]  a command, or a shell, inside a target',
    options: ['types', 'user', 'workdir', 'env', 'tty', 'login', 'tools', 'filter'],
    run: async (words, { socket, types, tty, ...values }, rest) => {
      const entry = { target: parseTarget(words, types), ...entryOf(values), ...(rest && rest.length > 0 && { command: [...rest] }) };
      using helper = await Helper.reach(socket);
      return await execute(helper, entry, tty);
    },
  },
  attach: {
    usage: 'attach [TERMINAL]                     list the terminals that were kept, or come back to one',
    options: [],
    run: async ([terminal, ...words], { socket }) => {
      refuseWords(words);
      using helper = await Helper.reach(socket);
      if (terminal !== undefined) return await attach(helper, terminal);
      await listTerminals(helper);
      return 0;
    },
  },
  run: {
    usage: 'run FILE [NAME] [--json]              run the command of a definition file, and report on it',
    options: ['json'],
    run: async ([file, name, ...words], { socket, json = false }) => {
      refuseWords(words);
      if (file === undefined) throw new Refusal('invalid', 'Which definition file is to be run?');
      const definition = readDefinition(file, name);
      using helper = await Helper.reach(socket);
      return await runSandbox(helper, definition, json);
    },
  },
};

const isMethod = (name: string): name is MethodName => Object.hasOwn(methods, name);

const usage = (): string[] => [
  'burrow: Linux namespaces',
  '',
  `Usage: ${ownName()} COMMAND …`,
  '',
  ...Object.values(commands).map(command => `  ${command.usage}`),
  '',
  `  The helper of root is started with ${sudoLine(ownRunner, ['serve', '--detach'])}`,
  '',
  '  --socket PATH   where the helper answers',
  '  TARGET          pid:812, pid:812/815 for a thread, container:NAME, sandbox:NAME, netns:NAME or TYPE:INODE',
  '',
  '  --types T,…     of exec: join only these namespaces, with the programs of this machine where mnt is not among them',
  '  --tools DIR     of exec: the programs of this root directory, / for this machine, and the files of the target at $BURROW_TARGET',
  '  --filter own    of exec: the seccomp filter of the process there, which is stopped for a moment to read it',
  '  -u, --user U    of exec: a name, UID or UID:GID; the one of the process there when left out',
  '  -w, --workdir D of exec: the directory it starts in',
  '  -e, --env N=V   of exec: a variable; -e NAME takes it over from here',
  '  -t, --tty       of exec: on a terminal also where there is none here',
  '  -l, --login     of exec: a login shell',
];

/** @returns the exit code, or undefined when the process is to go on */
export async function main(words: readonly string[]): Promise<number | undefined> {
  const [name, ...given] = words;
  if (name === undefined || name === '--help' || name === 'help') {
    for (const line of usage()) print(line);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  try {
    if (!command) throw new Refusal('invalid', `burrow has no command ${JSON.stringify(name)}: use ${Object.keys(commands).join(', ')}.`);
    const dashes = given.indexOf('--');
    const rest = dashes < 0 ? undefined : given.slice(dashes + 1);
    const { values, positionals } = read(dashes < 0 ? given : given.slice(0, dashes), command);
    const socket = values.socket ?? defaultSocket({ serves: command === commands['serve'] });
    requireSocketPath(socket);
    return await command.run(positionals, { ...values, socket }, rest);
  } catch (error) {
    const failure = failureOf(error);
    if (command === commands['call']) sayJson(failure);
    else say(sentencesOf(failure));
    return 1;
  }
}

function read(words: readonly string[], command: Command): { values: Partial<Values>; positionals: string[] } {
  const allowed = Object.fromEntries(
    Object.entries(options).filter(([name]) => name === 'socket' || command.options.some(option => option === name)),
  );
  try {
    return parseArgs({ args: [...words], options: allowed, allowPositionals: true }) as { values: Partial<Values>; positionals: string[] };
  } catch (error) {
    throw new Refusal(
      'invalid',
      `${error instanceof Error ? error.message : String(error)} Usage: ${ownName()} ${command.usage.split('  ')[0]}`,
    );
  }
}

const sentencesOf = ({ message, hint }: Failure): string => (hint === undefined ? message : `${message} ${hint}`);

function failureOf(error: unknown): Failure {
  if (error instanceof Refusal || error instanceof HelperFailure) return error.failure;
  return { kind: 'system', message: error instanceof Error ? error.message : String(error) };
}

function refuseWords([word]: readonly string[]): void {
  if (word !== undefined) throw new Refusal('invalid', `${JSON.stringify(word)} is one word too many.`);
}

function parseUid(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 0xffff_ffff) throw new Refusal('invalid', `${JSON.stringify(text)} is no user id.`);
  return Number(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('invalid', `The params are no JSON: ${text}`);
  }
}
