import { commands, window } from 'vscode';
import type { CommandId } from '../command-ids.ts';
import { inert, plural } from '../hostile-text.ts';
import type { HelperState, Session } from '../session.ts';
import { missingWords } from './features.ts';
import { isRoot } from './launch.ts';

interface Action {
  readonly label: string;
  readonly detail: string;
  readonly command: CommandId;
  readonly when: readonly HelperState['kind'][];
}

const howItStarts = (): string => (isRoot() ? 'You are root: it asks for nothing.' : 'Asks for your password in a terminal: sudo.');

/** @param detached how many terminals nobody looks at */
const reattach = (detached: number): readonly Action[] =>
  detached === 0
    ? []
    : [
        {
          label: '$(debug-disconnect) Reattach Terminal…',
          detail: `${plural(detached, 'terminal goes', 'terminals go')} on without a window.`,
          command: 'burrow.terminal.reattach',
          when: ['running'],
        },
      ];

/** What a click on the status bar offers, and what each will ask for. */
const actions = (detached: number): readonly Action[] => [
  { label: '$(play) Start Helper', detail: howItStarts(), command: 'burrow.helper.start', when: ['stopped', 'died'] },
  {
    label: '$(beaker) Create Scratch Sandbox',
    detail: 'Four questions, each with a default.',
    command: 'burrow.sandbox.createScratch',
    when: ['running'],
  },
  ...reattach(detached),
  {
    label: '$(debug-restart) Restart Helper',
    detail: `Sandboxes stay, terminals end. ${howItStarts()}`,
    command: 'burrow.helper.restart',
    when: ['running', 'died'],
  },
  {
    label: '$(debug-stop) Stop Helper',
    detail: 'Sandboxes stay, terminals end. Asks for nothing.',
    command: 'burrow.helper.stop',
    when: ['running'],
  },
  {
    label: '$(output) Show Log',
    detail: 'What Burrow did, and what went wrong.',
    command: 'burrow.helper.showLog',
    when: ['stopped', 'starting', 'running', 'died'],
  },
];

/** Who answers, and what this machine cannot do. */
function describeHelper(session: Session): string {
  const { hello, state } = session;
  if (!hello) return state.kind === 'died' ? state.reason : "Burrow's helper is not running.";
  const less = missingWords(hello.features);
  const who = `Helper ${hello.version}, ${hello.privileged ? 'root' : 'without root'}`;
  return inert(less ? `${who}. Not on this machine: ${less}` : who, 400);
}

/** What cannot be counted is not worth keeping the person from the rest. */
async function detachedCount(session: Session): Promise<number> {
  if (!session.hello) return 0;
  const { terminals } = await session.request('terminal/list', {}).catch(() => ({ terminals: [] }));
  return terminals.filter(each => !each.attached).length;
}

export async function showActions(session: Session): Promise<void> {
  // What the machine could do when the window connected may be otherwise by now.
  await session.greet().catch((error: unknown) => session.log.debug(String(error)));
  const items = actions(await detachedCount(session)).filter(each => each.when.includes(session.state.kind));
  const choice = await window.showQuickPick(items, { title: 'Burrow', placeHolder: describeHelper(session) });
  if (choice) await commands.executeCommand(choice.command);
}

/** Asks before starting a helper, since a password may follow. @param doing what needs it: `Making a sandbox` */
export async function helperRuns(session: Session, doing: string): Promise<boolean> {
  if (session.hello) return true;
  if (session.startsUnasked) {
    await session.start();
    return true;
  }
  const start = 'Start Helper';
  const choice = await window.showInformationMessage(`${doing} needs Burrow's helper, and it is not running.`, start);
  if (choice !== start) return false;
  await session.start();
  return true;
}
