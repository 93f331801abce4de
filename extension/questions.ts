import { type Disposable, type QuickInput, QuickInputButtons, type QuickPickItem, window } from 'vscode';
import { inert } from './hostile-text.ts';

/** The person pressed Back. */
export const back = Symbol('back');
/** An answer; `back`; undefined when the person left. */
export type Answer<T> = T | typeof back | undefined;

export interface Question {
  readonly title: string;
  readonly step?: number;
  readonly totalSteps?: number;
  readonly placeholder?: string;
  readonly hasBack?: boolean;
}

/** A possible answer. Its texts may come from other processes. */
export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value: T;
  readonly picked?: boolean;
}

function prepare(input: QuickInput, { title, step, totalSteps }: Question): void {
  input.title = title;
  input.step = step;
  input.totalSteps = totalSteps;
  // A look at another window is no answer.
  input.ignoreFocusOut = true;
}

interface Item<T> extends QuickPickItem {
  readonly value: T;
}

const itemOf = <T>({ label, description, detail, value, picked }: Choice<T>): Item<T> => ({
  label: inert(label),
  ...(description === undefined ? {} : { description: inert(description) }),
  ...(detail === undefined ? {} : { detail: inert(detail) }),
  ...(picked === undefined ? {} : { picked }),
  value,
});

function pick<T, R>(
  question: Question,
  choices: readonly Choice<T>[],
  many: boolean,
  read: (chosen: readonly Item<T>[]) => R,
): Promise<Answer<R>> {
  return new Promise(resolve => {
    const input = window.createQuickPick<Item<T>>();
    prepare(input, question);
    input.canSelectMany = many;
    input.placeholder = question.placeholder;
    input.matchOnDescription = true;
    input.items = choices.map(itemOf);
    if (many) input.selectedItems = input.items.filter(each => each.picked);
    if (question.hasBack) input.buttons = [QuickInputButtons.Back];
    const finish = (answer: Answer<R>): void => {
      // First of all: hiding and disposing come back here as "the person left".
      resolve(answer);
      for (const each of listeners) each.dispose();
      input.dispose();
    };
    const listeners: Disposable[] = [
      input.onDidTriggerButton(() => finish(back)),
      input.onDidHide(() => finish(undefined)),
      input.onDidAccept(() => {
        if (input.selectedItems.length > 0) finish(read(input.selectedItems));
      }),
    ];
    input.show();
  });
}

/** Asks for one; Enter takes the first. */
export const askOne = <T>(question: Question, choices: readonly Choice<T>[]): Promise<Answer<T>> =>
  pick<T, Answer<T>>(question, choices, false, chosen => chosen[0]?.value);

/** Asks for one or more; those that are `picked` are chosen already. */
export const askMany = <T>(question: Question, choices: readonly Choice<T>[]): Promise<Answer<readonly T[]>> =>
  pick<T, readonly T[]>(question, choices, true, chosen => chosen.map(each => each.value));

export interface TextQuestion extends Question {
  readonly value?: string;
  readonly prompt?: string;
  /** The sentence that says what is wrong with the text so far. */
  readonly validate?: (text: string) => string | undefined;
}

/** Asks for a text; Enter takes it once it is valid. */
export function askText(question: TextQuestion): Promise<Answer<string>> {
  return new Promise(resolve => {
    const input = window.createInputBox();
    prepare(input, question);
    input.value = question.value ?? '';
    input.placeholder = question.placeholder;
    input.prompt = question.prompt;
    if (question.hasBack) input.buttons = [QuickInputButtons.Back];
    const check = (text: string): boolean => {
      const problem = question.validate?.(text);
      input.validationMessage = problem === undefined ? undefined : inert(problem);
      return problem === undefined;
    };
    const finish = (answer: Answer<string>): void => {
      resolve(answer);
      for (const each of listeners) each.dispose();
      input.dispose();
    };
    const listeners: Disposable[] = [
      input.onDidTriggerButton(() => finish(back)),
      input.onDidHide(() => finish(undefined)),
      input.onDidChangeValue(check),
      input.onDidAccept(() => {
        if (check(input.value)) finish(input.value);
      }),
    ];
    input.show();
  });
}
