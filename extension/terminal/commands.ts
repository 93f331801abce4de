import { type TerminalOptions, ThemeColor, ThemeIcon, window, workspace } from 'vscode';
import type { NamespaceType } from '../../helper/protocol/model.ts';
import { subjectFor } from '../ask-subject.ts';
import { Refused } from '../helper-client/errors.ts';
import { explain } from '../helper-client/explain.ts';
import { subjectName } from '../names.ts';
import { showError } from '../notify.ts';
import { askMany, askText, back } from '../questions.ts';
import type { Session } from '../session.ts';
import { readSetting } from '../settings.ts';
import type { Subject } from '../subject.ts';
import { namespaceIcons } from '../tree/nodes.ts';
import { entryOf, type Offer, offerOf, targetWith } from './entries.ts';
import { entryProgram } from './entry-program.ts';
import { pseudoterminal } from './pseudoterminal.ts';
import { splitWords, Unfinished } from './words.ts';

const looks = {
  namespace: { icon: 'globe', color: 'terminal.ansiCyan' },
  process: { icon: 'server-process', color: 'terminal.ansiYellow' },
  container: { icon: 'package', color: 'terminal.ansiBlue' },
  sandbox: { icon: 'beaker', color: 'terminal.ansiGreen' },
} as const satisfies Record<Subject['kind'], { icon: string; color: string }>;

function appearanceOf(subject: Subject): Pick<TerminalOptions, 'iconPath' | 'color'> {
  const { icon, color } = looks[subject.kind];
  const codicon = subject.kind === 'namespace' ? namespaceIcons[subject.key.type] : icon;
  return { iconPath: new ThemeIcon(codicon), color: new ThemeColor(color) };
}

interface Choice {
  readonly through: Subject;
  readonly types?: readonly NamespaceType[];
  readonly command?: readonly string[];
}

/** @param subject what the terminal is named after */
function show(session: Session, subject: Subject, { through, types, command = [] }: Choice): void {
  const shell = readSetting(workspace.getConfiguration('burrow'), 'terminal.shell');
  const attempt = { subject, privileged: session.hello?.privileged ?? false };
  const pty = pseudoterminal(session, entryProgram(session, entryOf(targetWith(through, types), command, shell)), error => {
    showError(session.log, error, attempt);
    return explain(error, attempt).message;
  });
  window.createTerminal({ name: subjectName(session.machine, subject), pty, isTransient: true, ...appearanceOf(subject) }).show(false);
}

export async function openTerminal(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Open Terminal');
  if (subject) show(session, subject, { through: subject });
}

const complain = (line: string): string | undefined => {
  try {
    splitWords(line);
    return undefined;
  } catch (error) {
    if (error instanceof Unfinished) return error.message;
    throw error;
  }
};

const askTypes = (title: string, { namespaces }: Offer): ReturnType<typeof askMany<NamespaceType>> =>
  askMany(
    { title, step: 1, totalSteps: 2, placeholder: "Which namespaces? The others are the host's." },
    namespaces.map(({ key, picked }) => ({ label: key.type, description: `${key.inode}`, value: key.type, picked })),
  );

const askCommand = (title: string, hasBack: boolean): ReturnType<typeof askText> =>
  askText({
    title,
    hasBack,
    ...(hasBack ? { step: 2, totalSteps: 2 } : {}),
    placeholder: 'A command and its arguments; empty for a shell',
    prompt: 'Quotes keep blanks together; no shell reads it.',
    validate: complain,
  });

/** Asks for the namespaces, unless there is only one, and for the command. */
async function askChoice(title: string, offer: Offer): Promise<Choice | undefined> {
  const several = offer.namespaces.length > 1;
  for (;;) {
    const types = several ? await askTypes(title, offer) : offer.namespaces.map(each => each.key.type);
    if (types === undefined || types === back) return undefined;
    const line = await askCommand(title, several);
    if (line === undefined) return undefined;
    if (line !== back) return { through: offer.through, types, command: splitWords(line) };
  }
}

export async function openTerminalIn(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Open Terminal In');
  if (!subject) return;
  const name = subjectName(session.machine, subject);
  const offer = offerOf(session.machine, subject);
  if (offer.namespaces.length === 0) throw new Refused(`Every namespace of ${name} is the host's: an ordinary terminal is in it already`);
  const choice = await askChoice(`Open Terminal In ${name}`, offer);
  if (choice) show(session, subject, choice);
}
