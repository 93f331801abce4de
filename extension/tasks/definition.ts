import * as z from 'zod';
import { firstProblem } from '../../helper/protocol/problem.ts';
import { AbsolutePath, Environment, PlainText, User } from '../../helper/protocol/target.ts';
import { Refused } from '../helper-client/errors.ts';
import { taskType } from './task-type.ts';

const Command = z.union([PlainText.min(1), z.array(PlainText).min(1)]);

/** A task as tasks.json has it: in something that exists, or in the sandbox of a definition that is made for it. */
const TaskWords = z.object({
  type: z.literal(taskType),
  /** `sandbox:web`, `container:redis-1` … */
  target: z.string().optional(),
  /** A definition: absolute, or from the workspace folder. */
  file: z.string().optional(),
  command: Command.optional(),
  user: User.optional(),
  directory: AbsolutePath.optional(),
  environment: Environment.optional(),
});

export const taskKeys = Object.keys(TaskWords.shape);

interface Process {
  readonly user?: string | undefined;
  readonly directory?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export type TaskOrder =
  | (Process & { readonly kind: 'target'; readonly target: string; readonly command: readonly string[] })
  /** Without a command that of the definition runs. */
  | (Process & { readonly kind: 'file'; readonly file: string; readonly command?: readonly string[] | undefined });

/** A text is read by a shell, as that of a shell task is; the words of a list are the program and its arguments. */
const wordsOf = (command: z.infer<typeof Command>): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command;

/** @throws Refused for what is no task, with the first thing that is wrong with it */
export function readTask(definition: unknown): TaskOrder {
  const result = TaskWords.safeParse(definition);
  if (!result.success) throw new Refused(`The task cannot be run: ${firstProblem(result.error, 'it')}`);
  const { target, file, command, type: _, ...process } = result.data;
  const words = command === undefined ? undefined : wordsOf(command);
  if (target !== undefined && file !== undefined)
    throw new Refused('The task cannot be run: it has a target and a file, and can be in only one of them');
  if (file !== undefined) return { kind: 'file', file, command: words, ...process };
  if (target === undefined) throw new Refused('The task cannot be run: it has neither a target like sandbox:web nor a file');
  if (!words) throw new Refused('The task cannot be run: it has no command');
  return { kind: 'target', target, command: words, ...process };
}
