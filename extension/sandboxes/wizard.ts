import { type OpenDialogOptions, window, workspace } from 'vscode';
import { type Answer, askOne, askText, back, type Question } from '../questions.ts';
import {
  type Answers,
  definitionOf,
  type Files,
  type ForeignFiles,
  filesChoices,
  type Network,
  nameProblem,
  networkChoices,
  type Purpose,
  purposeChoices,
  type Surroundings,
} from './answers.ts';

/** The container that the sandbox is to be like. */
interface Likeness {
  readonly like: string;
}

type Wanted = Purpose | 'by-hand' | Likeness;
type Draft = Partial<Answers> & { readonly name: string; readonly wanted?: Wanted };

const isPurpose = (wanted: Wanted | undefined): wanted is Purpose => typeof wanted === 'string' && wanted !== 'by-hand';

const titled = (step: number): Question => ({ title: 'Create Scratch Sandbox', step, totalSteps: 4, hasBack: step > 1 });

/** Where files that somebody else made are looked for. */
const dialogs: Readonly<Record<ForeignFiles, OpenDialogOptions>> = {
  directory: { canSelectFiles: false, canSelectFolders: true, openLabel: 'Use as Root', title: 'A root file system' },
  archive: {
    openLabel: 'Use as Root',
    title: 'A tar archive of a root file system',
    filters: { 'Tar archives': ['tar', 'gz', 'tgz', 'xz', 'txz', 'zst', 'bz2'], 'All files': ['*'] },
  },
  image: { canSelectFiles: false, canSelectFolders: true, openLabel: 'Use as Root', title: 'A directory in the OCI image layout' },
};

const isForeign = (kind: Files['kind']): kind is ForeignFiles => Object.hasOwn(dialogs, kind);

async function askPurpose(question: Question, { containers }: Surroundings): Promise<Answer<Wanted>> {
  for (;;) {
    const purpose = await askOne({ ...question, placeholder: 'What is it for?' }, purposeChoices(containers));
    if (purpose !== 'like') return purpose;
    const like = await askOne({ ...question, placeholder: 'Which container?' }, containers);
    if (like === undefined) return undefined;
    if (like !== back) return { like };
  }
}

async function askFiles(question: Question, purpose: Purpose, surroundings: Surroundings): Promise<Answer<Files>> {
  for (;;) {
    const kind = await askOne({ ...question, placeholder: 'Which files does it see?' }, filesChoices(purpose, surroundings.workspace));
    if (kind === undefined || kind === back) return kind;
    if (!isForeign(kind)) return { kind };
    const [chosen] = (await window.showOpenDialog(dialogs[kind])) ?? [];
    // Leaving the dialog is not leaving the wizard.
    if (chosen) return { kind, path: chosen.fsPath };
  }
}

async function askNetwork(question: Question, purpose: Purpose, surroundings: Surroundings): Promise<Answer<Network>> {
  for (;;) {
    const kind = await askOne({ ...question, placeholder: 'What network does it have?' }, networkChoices(purpose, surroundings));
    if (kind !== 'join') return kind;
    const join = await askOne({ ...question, placeholder: 'Which network namespace?' }, surroundings.networks);
    if (join === undefined) return undefined;
    if (join !== back) return { join };
  }
}

type Step = (draft: Draft, surroundings: Surroundings) => Promise<Answer<Draft>>;

function given<T>(answer: Answer<T>, take: (value: T) => Draft): Answer<Draft> {
  if (answer === undefined) return undefined;
  return answer === back ? back : take(answer);
}

const purposeOf = ({ wanted }: Draft): Purpose => (isPurpose(wanted) ? wanted : 'shell');

/** The four questions, in their order. */
const steps: readonly Step[] = [
  async (draft, { taken }) =>
    given(
      await askText({ ...titled(1), value: draft.name, prompt: 'Name of the sandbox', validate: name => nameProblem(name, taken) }),
      name => ({ ...draft, name }),
    ),
  async (draft, surroundings) => given(await askPurpose(titled(2), surroundings), wanted => ({ ...draft, wanted })),
  async (draft, surroundings) => given(await askFiles(titled(3), purposeOf(draft), surroundings), files => ({ ...draft, files })),
  async (draft, surroundings) => given(await askNetwork(titled(4), purposeOf(draft), surroundings), network => ({ ...draft, network })),
];

export type Outcome =
  | { readonly kind: 'definition'; readonly definition: ReturnType<typeof definitionOf> }
  | { readonly kind: 'like'; readonly container: string }
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
    if (draft.wanted === 'by-hand') return { kind: 'by-hand', name: draft.name };
    if (typeof draft.wanted === 'object') return { kind: 'like', container: draft.wanted.like };
    index += 1;
  }
  const { files = { kind: 'discard' }, network = 'link' } = draft;
  return {
    kind: 'definition',
    definition: definitionOf({ name: draft.name, purpose: purposeOf(draft), files, network }, surroundings.workspace),
  };
}
