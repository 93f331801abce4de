import { setTimeout as delay } from 'node:timers/promises';
import { type Terminal, window } from 'vscode';
import { plural } from '../hostile-text.ts';
import { askOne, back } from '../questions.ts';
import type { Session } from '../session.ts';
import { readTag } from './inside.ts';
import { detached, type Kept, keptName, keptWords } from './kept-words.ts';
import { openInside } from './open.ts';
import { WindowIdentity } from './window.ts';

/** How long the extension host of before may take to let go of its terminals: it ends only after the new one began. */
const patienceMs = [0, 200, 300, 500, 1000, 2000, 4000];

const listKept = async (session: Session): Promise<readonly Kept[]> => (await session.request('terminal/list', {})).terminals;

/** Shows a kept terminal again. @returns undefined for one that is none of Burrow's */
function openAgain(session: Session, { terminal, tag }: Kept, shows: boolean): Terminal | undefined {
  const inside = readTag(tag);
  return inside && openInside(session, inside, { again: terminal, shows });
}

/** Those that were this window's, once nobody else has them. */
async function left(session: Session, identity: WindowIdentity): Promise<readonly Kept[]> {
  const first = (await listKept(session)).filter(each => each.window === identity.id).map(each => each.terminal);
  let mine: readonly Kept[] = [];
  for (const waitMs of patienceMs) {
    await delay(waitMs);
    mine = (await listKept(session)).filter(each => first.includes(each.terminal));
    if (mine.every(each => !each.attached)) break;
  }
  // One that somebody still looks at is another tab's with the same folder.
  return detached(mine);
}

/** An extension host that died leaves its terminals in the window, with nobody behind them: the one found again takes the place. */
function removeShadow(name: string): void {
  const shadow = window.terminals.find(each => {
    const options = each.creationOptions;
    // Of those the new host knows no more than the name; of a shell of this machine also which it is.
    return each.name === name && !('pty' in options) && options.shellPath === undefined;
  });
  shadow?.dispose();
}

/** After a reload, as soon as the helper answers. */
export async function restore(session: Session): Promise<void> {
  const identity = new WindowIdentity(session.storage.workspace);
  if (!identity.hadTerminals) return;
  const kept = await left(session, identity);
  for (const each of kept) removeShadow(keptName(each));
  const terminals = kept.map(each => openAgain(session, each, false));
  session.log.info(`${plural(terminals.length, 'terminal')} of this window found again`);
  // The editor closes its panel when the last terminal goes, and they go with the window: nobody else opens it again.
  terminals.findLast(each => each !== undefined)?.show(true);
  identity.hadTerminals = terminals.length > 0;
}

export async function reattachTerminal(session: Session): Promise<void> {
  const { id } = new WindowIdentity(session.storage.workspace);
  const now = Date.now();
  const choices = detached(await listKept(session)).map(each => ({ ...keptWords(each, id, now), icon: 'terminal', value: each }));
  if (choices.length === 0) {
    void window.showInformationMessage('No terminal waits to be attached again.');
    return;
  }
  const answer = await askOne({ title: 'Reattach Terminal', placeholder: 'They went on without a window' }, choices, {
    tooltip: 'End It',
    remove: async ({ terminal }) => {
      await session.request('terminal/close', { terminal }).catch((error: unknown) => session.log.error(String(error)));
    },
  });
  if (answer !== undefined && answer !== back) openAgain(session, answer, true);
}
