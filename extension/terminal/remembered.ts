import type { Session } from '../session.ts';
import type { Subject } from '../subject.ts';
import type { Choice } from './choice.ts';
import { choiceWords } from './choice-words.ts';
import { fitting, offerOf } from './entries.ts';
import { Memory, occasionOf } from './memory.ts';

export const memoryOf = ({ storage }: Session): Memory => new Memory(storage.everywhere);

/** How a terminal in it was wanted last, and what its first line says about that. */
export function rememberedFor(session: Session, subject: Subject): { readonly choice: Choice; readonly notices: readonly string[] } {
  const occasion = occasionOf(session.machine, subject);
  const choice = fitting(memoryOf(session).of(occasion), offerOf(session.machine, subject));
  if (!occasion || !choice) return { choice: {}, notices: [] };
  return { choice, notices: [`as chosen before for ${occasion.words}: ${choiceWords(choice)}; Open Terminal In… changes it`] };
}
