import { window } from 'vscode';
import { subjectFor } from '../ask-subject.ts';
import { Refused } from '../helper-client/errors.ts';
import { plural } from '../hostile-text.ts';
import { subjectName } from '../names.ts';
import type { Session } from '../session.ts';
import { askChoice } from './ask-choice.ts';
import type { Choice } from './choice.ts';
import { offerOf } from './entries.ts';
import { occasionOf } from './memory.ts';
import { insideFor, openInside } from './open.ts';
import { memoryOf, rememberedFor } from './remembered.ts';
import { insideOf } from './screens.ts';

/** One click: as it was chosen last for what it is, and else as it is in there. */
export async function openTerminal(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Open Terminal');
  if (!subject) return;
  const { choice, notices } = rememberedFor(session, subject);
  openInside(session, insideFor(session, subject, choice), { notices });
}

/** A command that opens it in one certain way, whatever was chosen before. */
export const openTerminalAs =
  (choice: Choice) =>
  async (session: Session, argument?: unknown): Promise<void> => {
    const subject = await subjectFor(session, argument, 'Open Terminal');
    if (subject) openInside(session, insideFor(session, subject, choice));
  };

export async function openTerminalIn(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Open Terminal In');
  if (!subject) return;
  const name = subjectName(session.machine, subject);
  const offer = offerOf(session.machine, subject);
  if (offer.namespaces.length === 0) throw new Refused(`Every namespace of ${name} is the host's: an ordinary terminal is in it already`);
  const occasion = occasionOf(session.machine, subject);
  const memory = memoryOf(session);
  const chosen = await askChoice(session, {
    title: `Open Terminal In ${name}`,
    offer,
    choice: memory.of(occasion) ?? {},
    occasion,
  });
  if (!chosen) return;
  // Not to remember it is to forget what was.
  if (occasion) await memory.remember(occasion, chosen.remembers ? chosen.choice : {});
  openInside(session, insideFor(session, subject, chosen.choice, offer.through));
}

export async function forgetChoices(session: Session): Promise<void> {
  const count = await memoryOf(session).forget();
  void window.showInformationMessage(count > 0 ? `${plural(count, 'terminal choice')} forgotten.` : 'No terminal choice is remembered.');
}

/** Another terminal in the same place, beside the active one. */
export function splitTerminal(session: Session): void {
  const beside = window.activeTerminal;
  const inside = insideOf(beside);
  if (!beside || !inside) throw new Refused('The active terminal is none that Burrow opened');
  openInside(session, inside, {}, { parentTerminal: beside });
}
