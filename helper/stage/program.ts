// A stage program as data: what stage.c executes, in the words of TypeScript. Printed like strace does.
import type { SyscallName } from '../sys/syscalls.ts';

/** A number that is printed by its names: `CLONE_NEWNET|CLONE_NEWUTS`. */
export interface Flags {
  readonly text: string;
  readonly value: number;
}

export type Argument =
  | number
  | string
  | null
  | Flags
  /** Bytes that are a struct, with what to print for them. The kernel may write to them, for a later call that names the same. */
  | { readonly bytes: Buffer; readonly text: string }
  /** A NULL-terminated array of strings, as execve(2) takes it. */
  | { readonly strings: readonly string[] }
  /** struct sock_fprog for these instructions of classic BPF, eight bytes each. */
  | { readonly filter: Uint8Array }
  /** What an earlier call of the program returned, by that call's `as`. */
  | { readonly resultOf: string }
  /** A descriptor that the helper opened and hands over, by its description. */
  | { readonly handle: string };

export interface Call {
  readonly call: SyscallName;
  readonly arguments: readonly Argument[];
  /** Errnos after which the program goes on; at most three, or all of them. */
  readonly tolerate?: readonly string[] | 'all';
  readonly as?: string;
}

export type Instruction =
  | Call
  /** Goes on in a child, which is the helper's own; `into` a cgroup of v2, by a descriptor of its directory. */
  | { readonly do: 'fork'; readonly into?: Argument }
  /** Waits until the helper has done its part, which `until` names. */
  | { readonly do: 'sync'; readonly until: string }
  /** Stays, as the init of a sandbox. */
  | { readonly do: 'init' }
  /** Stays as the init of a command, which a child becomes that goes on. Writes the command's wait status to `ending`, and ends with it unless it `stays`. */
  | { readonly do: 'command'; readonly ending: Argument; readonly null: Argument; readonly stays: boolean };

export type Program = readonly Instruction[];

/** `flags({ MS_NOSUID: 2, MS_NODEV: 4 }, 'MS_NOSUID', 'MS_NODEV')`. */
export function flags<T extends Readonly<Record<string, number>>>(table: T, ...names: readonly (keyof T & string)[]): Flags {
  // `|` would make 0x80000000 and above negative.
  const value = names.reduce((sum, name) => sum + (table[name] ?? 0), 0);
  return { text: names.join('|') || '0', value };
}

export function describe(instruction: Instruction): string {
  const tolerate = 'do' in instruction ? undefined : instruction.tolerate;
  const tolerated = tolerate === undefined ? '' : tolerate === 'all' ? '  # may fail' : `  # may fail: ${tolerate.join(', ')}`;
  return `${describeCall(instruction)}${tolerated}`;
}

/** Without a word on what may come of it. */
export function describeCall(instruction: Instruction): string {
  if (!('do' in instruction)) return `${instruction.call}(${instruction.arguments.map(show).join(', ')})`;
  switch (instruction.do) {
    case 'fork':
      return instruction.into === undefined
        ? 'clone(CLONE_PARENT|SIGCHLD)'
        : `clone3({flags=CLONE_PARENT|CLONE_INTO_CGROUP, cgroup=${show(instruction.into)}})`;
    case 'sync':
      return `wait until the helper: ${instruction.until}`;
    case 'init':
      return 'stay as init: reap children, end on SIGTERM';
    case 'command':
      return `clone(SIGCHLD), and stay as init: reap children, pass signals on${instruction.stays ? '' : ', end with it'}`;
  }
}

function show(argument: Argument): string {
  if (argument === null) return 'NULL';
  if (typeof argument === 'number') return String(argument);
  if (typeof argument === 'string') return JSON.stringify(argument);
  if ('text' in argument) return argument.text;
  if ('strings' in argument) return JSON.stringify(argument.strings);
  if ('filter' in argument) return `{len=${argument.filter.length / 8}, filter}`;
  if ('handle' in argument) return `<${argument.handle}>`;
  return `<${argument.resultOf}>`;
}

/** Of a call, and of what else takes any. */
export function argumentsOf(instruction: Instruction): readonly Argument[] {
  if (!('do' in instruction)) return instruction.arguments;
  if (instruction.do === 'fork') return [instruction.into ?? -1];
  return instruction.do === 'command' ? [instruction.ending, instruction.null, Number(instruction.stays)] : [];
}

/** The descriptions of all handles that a program uses, in the order in which they are handed over. */
export function handlesOf(program: Program): string[] {
  const found = new Set<string>();
  for (const instruction of program) {
    for (const argument of argumentsOf(instruction)) {
      if (typeof argument === 'object' && argument && 'handle' in argument) found.add(argument.handle);
    }
  }
  return [...found];
}
