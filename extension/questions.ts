import { type Disposable, type InputBox, QuickInputButtons, type QuickPick, type QuickPickItem, ThemeIcon, window } from 'vscode';
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

/** What the trash button of each answer does, which then is none any more. */
export interface Trash<T> {
  readonly tooltip: string;
  remove(value: T): Promise<void>;
}

/** A possible answer. Its texts may come from other processes. */
export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** A codicon. */
  readonly icon?: string;
  readonly value: T;
  readonly picked?: boolean;
}

/**
 * Shows an input until it is answered, or left.
 * @param listen what else it listens to, and how that finishes it
 */
function ask<T>(
  input: QuickPick<QuickPickItem> | InputBox,
  { title, step, totalSteps, placeholder, hasBack }: Question,
  listen: (finish: (answer: T) => void) => readonly Disposable[],
): Promise<Answer<T>> {
  input.title = title;
  input.step = step;
  input.totalSteps = totalSteps;
  input.placeholder = placeholder;
  if (hasBack) input.buttons = [QuickInputButtons.Back];
  // A look at another window is no answer.
  input.ignoreFocusOut = true;
  return new Promise(resolve => {
    const finish = (answer: Answer<T>): void => {
      // First of all: hiding and disposing come back here as "the person left".
      resolve(answer);
      for (const each of listeners) each.dispose();
      input.dispose();
    };
    const listeners = [input.onDidTriggerButton(() => finish(back)), input.onDidHide(() => finish(undefined)), ...listen(finish)];
    input.show();
  });
}

interface Item<T> extends QuickPickItem {
  readonly value: T;
}

const itemOf = <T>({ label, description, detail, icon, value, picked }: Choice<T>): Item<T> => ({
  label: inert(label),
  ...(description === undefined ? {} : { description: inert(description) }),
  ...(detail === undefined ? {} : { detail: inert(detail) }),
  ...(icon === undefined ? {} : { iconPath: new ThemeIcon(icon) }),
  ...(picked === undefined ? {} : { picked }),
  value,
});

function pick<T, R>(
  question: Question,
  choices: readonly Choice<T>[],
  {
    many = false,
    live,
    trash,
  }: { readonly many?: boolean; readonly live?: (chosen: readonly T[]) => string; readonly trash?: Trash<T> | undefined },
  read: (chosen: readonly Item<T>[]) => R,
): Promise<Answer<R>> {
  const input = window.createQuickPick<Item<T>>();
  input.canSelectMany = many;
  input.matchOnDescription = true;
  const buttons = trash ? { buttons: [{ iconPath: new ThemeIcon('trash'), tooltip: trash.tooltip }] } : {};
  input.items = choices.map(each => ({ ...itemOf(each), ...buttons }));
  if (many) input.selectedItems = input.items.filter(each => each.picked);
  const tell = (): void => {
    if (live) input.placeholder = inert(live(input.selectedItems.map(each => each.value)));
  };
  const answer = ask<R>(input, question, finish => [
    input.onDidChangeSelection(tell),
    input.onDidTriggerItemButton(({ item }) => {
      input.items = input.items.filter(each => each !== item);
      void trash?.remove(item.value);
    }),
    input.onDidAccept(() => {
      if (input.selectedItems.length > 0) finish(read(input.selectedItems));
    }),
  ]);
  tell();
  return answer;
}

/** Asks for one; Enter takes the first. */
export const askOne = <T>(question: Question, choices: readonly Choice<T>[], trash?: Trash<T>): Promise<Answer<T>> =>
  pick<T, Answer<T>>(question, choices, { trash }, chosen => chosen[0]?.value);

/**
 * Asks for one or more; those that are `picked` are chosen already.
 * @param live what follows from what is chosen at the moment
 */
export const askMany = <T>(
  question: Question,
  choices: readonly Choice<T>[],
  live?: (chosen: readonly T[]) => string,
): Promise<Answer<readonly T[]>> =>
  pick<T, readonly T[]>(question, choices, { many: true, ...(live ? { live } : {}) }, chosen => chosen.map(each => each.value));

export interface TextQuestion extends Question {
  readonly value?: string;
  readonly prompt?: string;
  /** The sentence that says what is wrong with the text so far. */
  readonly validate?: (text: string) => string | undefined;
}

/** Asks for a text; Enter takes it once it is valid. */
export function askText(question: TextQuestion): Promise<Answer<string>> {
  const input = window.createInputBox();
  input.value = question.value ?? '';
  input.prompt = question.prompt;
  const check = (text: string): boolean => {
    const problem = question.validate?.(text);
    input.validationMessage = problem === undefined ? undefined : inert(problem);
    return problem === undefined;
  };
  return ask<string>(input, question, finish => [
    input.onDidChangeValue(check),
    input.onDidAccept(() => {
      if (check(input.value)) finish(input.value);
    }),
  ]);
}
