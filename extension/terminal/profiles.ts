import { TerminalProfile, window, workspace } from 'vscode';
import { subjectFor } from '../ask-subject.ts';
import { mayStart } from '../consent.ts';
import { helperRuns } from '../helper-client/commands.ts';
import { inert } from '../hostile-text.ts';
import { showError } from '../notify.ts';
import type { Session } from '../session.ts';
import { isOfWorkspace, readSetting, writeSetting } from '../settings.ts';
import type { Subject } from '../subject.ts';
import { subjectOfWords, wordsOfSubject } from '../target-words.ts';
import { insideFor, optionsFor } from './open.ts';
import type { ProfileId } from './profile-ids.ts';
import { rememberedFor } from './remembered.ts';

const configuration = () => workspace.getConfiguration('burrow');

/** Offers to have it always, and does not wait for the answer: the terminal is there meanwhile. */
async function offerToSave(words: string): Promise<void> {
  const save = 'Save';
  const choice = await window.showInformationMessage(inert(`Open terminals of this profile in ${words} from now on?`), save);
  if (choice === save) await writeSetting(configuration(), 'terminal.defaultTarget', words);
}

async function defaultSubject(session: Session): Promise<Subject | undefined> {
  const words = readSetting(configuration(), 'terminal.defaultTarget');
  if (words.trim()) {
    const what = `The settings of this workspace open terminals in ${words.trim()}.`;
    if (isOfWorkspace(configuration(), 'terminal.defaultTarget') && !(await mayStart(session, what))) return undefined;
    return subjectOfWords(session.machine, words);
  }
  const subject = await subjectFor(session, undefined, 'Default Target of Terminals');
  if (subject) offerToSave(wordsOfSubject(session.machine, subject)).catch((error: unknown) => showError(session.log, error));
  return subject;
}

/** What each profile of package.json opens a terminal in; nothing when the person left. */
const profiles: Readonly<Record<ProfileId, (session: Session) => Promise<Subject | undefined>>> = {
  'burrow.terminal.namespace': session => subjectFor(session, undefined, 'Open Terminal'),
  'burrow.terminal.default': defaultSubject,
};

async function profileFor(
  session: Session,
  find: (session: Session) => Promise<Subject | undefined>,
): Promise<TerminalProfile | undefined> {
  if (!(await helperRuns(session, 'A terminal in a namespace'))) return undefined;
  const subject = await find(session);
  if (!subject) return undefined;
  const { choice, notices } = rememberedFor(session, subject);
  return new TerminalProfile(optionsFor(session, insideFor(session, subject, choice), { notices, ofProfile: true }));
}

/** The editor shows the message of what a provider throws, and takes no profile for an error: an empty one it shows nowhere. */
const nothing = (): Error => new Error('');

/** @throws Error without a message when there is to be no terminal */
export async function provideProfile(session: Session, id: ProfileId): Promise<TerminalProfile> {
  const profile = await profileFor(session, profiles[id]).catch((error: unknown) => {
    showError(session.log, error, { privileged: session.hello?.privileged ?? false });
  });
  if (!profile) throw nothing();
  return profile;
}
