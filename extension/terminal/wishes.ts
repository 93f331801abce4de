import { window } from 'vscode';
import type { ZodType } from 'zod';
import type { Result } from '../../helper/protocol/methods.ts';
import { AbsolutePath, Environment, User } from '../../helper/protocol/target.ts';
import { type Answer, askOne, askText, back, type Choice as Offered, type Question } from '../questions.ts';
import { type Choice, without } from './choice.ts';
import { commandWords, environmentWords, filterWords, programsWords } from './choice-words.ts';
import { joinWords, splitWords, Unfinished } from './words.ts';

/** What the helper says there is to choose from. */
export type Choices = Result<'terminal/choices'>;

/** Something about a terminal that can be other than it is in there. */
export interface Wish {
  readonly label: string;
  readonly icon: string;
  /** How it is with a choice. */
  readonly now: (choice: Choice, there: Choices) => string;
  /** Asks for another one; the answer is the choice with it. */
  readonly ask: (question: Question, choice: Choice, there: Choices) => Promise<Answer<Choice>>;
}

/** The choice with a part set, or without it. */
const having = <K extends keyof Choice>(choice: Choice, part: K, value: Choice[K] | undefined): Choice =>
  value === undefined ? without(choice, part) : { ...choice, [part]: value };

/** Goes on with a text that was given, if any. */
const given = (answer: Answer<string>, take: (text: string) => Choice): Answer<Choice> =>
  answer === undefined || answer === back ? answer : take(answer);

/** What an answer leads to; Back from there is back to the answers. */
type Way = () => Answer<Choice> | Promise<Answer<Choice>>;

async function askWay(question: Question, ways: readonly Offered<Way>[]): Promise<Answer<Choice>> {
  for (;;) {
    const way = await askOne(question, ways);
    if (way === undefined || way === back) return way;
    const answer = await way();
    if (answer !== back) return answer;
  }
}

const complaintOf = (schema: ZodType, value: unknown): string | undefined => {
  const { error } = schema.safeParse(value);
  return error && `It ${error.issues[0]?.message ?? 'cannot be read'}.`;
};

function askUser(question: Question, choice: Choice, { user, users }: Choices): Promise<Answer<Choice>> {
  const typed: Way = async () => {
    const text = await askText({
      ...question,
      placeholder: 'A name, UID or UID:GID, as they are inside',
      value: choice.user ?? '',
      validate: value => complaintOf(User, value),
    });
    return given(text, value => having(choice, 'user', value));
  };
  return askWay({ ...question, placeholder: 'As which user?' }, [
    { label: user || 'As It Is in There', description: "as the target's processes", value: () => having(choice, 'user', undefined) },
    ...users.filter(each => each !== user).map(each => ({ label: each, value: () => having(choice, 'user', each) })),
    { label: 'Another User…', icon: 'edit', value: typed },
  ]);
}

const lineProblem = (line: string): string | undefined => {
  try {
    return splitWords(line).length > 0 ? undefined : 'It names no program.';
  } catch (error) {
    if (error instanceof Unfinished) return error.message;
    throw error;
  }
};

function askCommand(question: Question, choice: Choice, { shells }: Choices): Promise<Answer<Choice>> {
  const typed: Way = async () => {
    const line = await askText({
      ...question,
      placeholder: 'A command and its arguments',
      prompt: 'Quotes keep blanks together; no shell reads it.',
      value: joinWords(choice.command ?? []),
      validate: lineProblem,
    });
    return given(line, value => having(choice, 'command', splitWords(value)));
  };
  const [first] = shells;
  return askWay({ ...question, placeholder: 'Which shell, or what command?' }, [
    {
      label: 'A Shell That Is There',
      ...(first === undefined ? {} : { description: first }),
      value: () => having(choice, 'command', undefined),
    },
    ...shells.map(each => ({ label: each, value: () => having(choice, 'command', [each]) })),
    { label: 'A Command…', icon: 'edit', value: typed },
    {
      label: 'Login Shell',
      description: choice.login ? 'yes' : 'no',
      icon: choice.login ? 'check' : 'dash',
      value: () => having(choice, 'login', choice.login ? undefined : true),
    },
  ]);
}

async function askDirectory(question: Question, choice: Choice, { directory }: Choices): Promise<Answer<Choice>> {
  const answer = await askText({
    ...question,
    placeholder: directory || '/',
    prompt: 'In which directory, as it is called inside? Empty: where its processes are.',
    value: choice.directory ?? '',
    validate: value => (value === '' ? undefined : complaintOf(AbsolutePath, value)),
  });
  return given(answer, value => having(choice, 'directory', value === '' ? undefined : value));
}

function readAssignment(text: string): Record<string, string> | undefined {
  const [, name, value = ''] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? [];
  return name === undefined ? undefined : { [name]: value };
}

const assignmentProblem = (text: string): string | undefined => {
  const read = readAssignment(text);
  return read ? complaintOf(Environment, read) : 'It is no NAME=VALUE.';
};

function askEnvironment(question: Question, choice: Choice): Promise<Answer<Choice>> {
  const environment = choice.environment ?? {};
  const typed: Way = async () => {
    const text = await askText({ ...question, placeholder: 'NAME=VALUE', validate: assignmentProblem });
    return given(text, value => ({ ...choice, environment: { ...environment, ...readAssignment(value) } }));
  };
  const lacking = (name: string): Choice => ({
    ...choice,
    environment: Object.fromEntries(Object.entries(environment).filter(([each]) => each !== name)),
  });
  return askWay({ ...question, placeholder: 'Besides what there is inside' }, [
    { label: 'Add a Variable…', icon: 'add', value: typed },
    ...Object.entries(environment).map(([name, value]) => ({
      label: `${name}=${value}`,
      description: 'take it away',
      icon: 'trash',
      value: () => lacking(name),
    })),
  ]);
}

function askPrograms(question: Question, choice: Choice): Promise<Answer<Choice>> {
  const browsed: Way = async () => {
    const [folder] = (await window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true, openLabel: 'Use Its Programs' })) ?? [];
    // Leaving the dialog is not leaving the questions.
    return folder ? having(choice, 'tools', folder.fsPath) : back;
  };
  return askWay({ ...question, placeholder: 'Whose programs are there?' }, [
    { label: 'Those in There', description: 'those of the target', value: () => having(choice, 'tools', undefined) },
    {
      label: "This Machine's",
      description: 'also where the target has no shell; its files are at a path',
      value: () => having(choice, 'tools', '/'),
    },
    { label: 'Those of a Directory…', description: 'a root file system on this machine', icon: 'folder', value: browsed },
  ]);
}

const askFilter = (question: Question, choice: Choice): Promise<Answer<Choice>> =>
  askWay({ ...question, placeholder: 'Which seccomp filter holds it, where one holds the process?' }, [
    { label: "Burrow's", description: 'denies what container engines deny', value: () => having(choice, 'filter', undefined) },
    {
      label: 'Its Own',
      description: 'stops the process for a moment to read it; a call in which it waits may end early (EINTR)',
      value: () => having(choice, 'filter', 'own'),
    },
  ]);

/** In the order in which they are offered. */
export const wishes: readonly Wish[] = [
  { label: 'User', icon: 'account', now: ({ user }, there) => user ?? there.user, ask: askUser },
  {
    label: 'Shell or Command',
    icon: 'terminal',
    now: (choice, { shells: [first] }) => commandWords({ ...(first ? { command: [first] } : {}), ...choice }),
    ask: askCommand,
  },
  { label: 'Directory', icon: 'folder', now: ({ directory }, there) => directory ?? there.directory, ask: askDirectory },
  {
    label: 'Environment',
    icon: 'symbol-variable',
    now: ({ environment }) => environmentWords(environment) || 'as it is',
    ask: askEnvironment,
  },
  { label: 'Programs', icon: 'tools', now: ({ tools }) => programsWords(tools), ask: askPrograms },
  { label: 'Seccomp Filter', icon: 'shield', now: ({ filter }) => filterWords(filter), ask: askFilter },
];
