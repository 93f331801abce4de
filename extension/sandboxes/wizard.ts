import { type OpenDialogOptions, window, workspace } from 'vscode';
import { type Answer, askOne, askText, back, type Question } from '../questions.ts';
import {
  type Answers,
  definitionOf,
  type Files,
  filesChoices,
  type Network,
  nameProblem,
  networkChoices,
  type Purpose,
  purposeChoices,
  type Surroundings,
} from './answers.ts';

type Draft = Partial<Answers> & { readonly name: string; readonly purpose?: Purpose | 'by-hand' };

const titled = (step: number): Question => ({ title: 'Create Scratch Sandbox', step, totalSteps: 4, hasBack: step > 1 });

const folders: OpenDialogOptions = { canSelectFiles: false, canSelectFolders: true, openLabel: 'Use as Root', title: 'A root file system' };

async function askFiles(question: Question, purpose: Purpose, surroundings: Surroundings): Promise<Answer<Files>> {
  for (;;) {
    const kind = await askOne({ ...question, placeholder: 'Which files does it see?' }, filesChoices(purpose, surroundings.workspace));
    if (kind === undefined || kind === back) return kind;
    if (kind !== 'directory') return { kind };
    const [folder] = (await window.showOpenDialog(folders)) ?? [];
    // Leaving the dialog is not leaving the wizard.
    if (folder) return { kind, path: folder.fsPath };
  }
}

type Step = (draft: Draft, surroundings: Surroundings) => Promise<Answer<Draft>>;

function given<T>(answer: Answer<T>, take: (value: T) => Draft): Answer<Draft> {
  if (answer === undefined) return undefined;
  return answer === back ? back : take(answer);
}

const purposeOf = ({ purpose }: Draft): Purpose => (purpose === undefined || purpose === 'by-hand' ? 'shell' : purpose);

/** The four questions, in their order. */
const steps: readonly Step[] = [
  async (draft, { taken }) =>
    given(
      await askText({ ...titled(1), value: draft.name, prompt: 'Name of the sandbox', validate: name => nameProblem(name, taken) }),
      name => ({ ...draft, name }),
    ),
  async draft => given(await askOne({ ...titled(2), placeholder: 'What is it for?' }, purposeChoices), purpose => ({ ...draft, purpose })),
  async (draft, surroundings) => given(await askFiles(titled(3), purposeOf(draft), surroundings), files => ({ ...draft, files })),
  async (draft, { subnet }) =>
    given(
      await askOne<Network>({ ...titled(4), placeholder: 'What network does it have?' }, networkChoices(purposeOf(draft), subnet)),
      network => ({ ...draft, network }),
    ),
];

export type Outcome =
  | { readonly kind: 'definition'; readonly definition: ReturnType<typeof definitionOf> }
  | { readonly kind: 'by-hand'; readonly name: string };

/** The first folder of the window, where it is one of this machine. */
export const workspaceFolder = (): string | undefined => workspace.workspaceFolders?.find(each => each.uri.scheme === 'file')?.uri.fsPath;

/** Asks what sandbox to make. @returns undefined when the person left */
export async function askSandbox(name: string, surroundings: Surroundings): Promise<Outcome | undefined> {
  let draft: Draft = { name };
  for (let index = 0; index < steps.length; ) {
    const answer = await steps[index]?.(draft, surroundings);
    if (answer === undefined) return undefined;
    if (answer === back) {
      index -= 1;
      continue;
    }
    draft = answer;
    if (draft.purpose === 'by-hand') return { kind: 'by-hand', name: draft.name };
    index += 1;
  }
  const { files = { kind: 'discard' }, network = 'link' } = draft;
  return { kind: 'definition', definition: definitionOf({ name: draft.name, files, network }, surroundings.workspace) };
}
