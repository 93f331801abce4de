import { subjectChoices } from './choices.ts';
import { NotRunning, Refused } from './helper-client/errors.ts';
import { askOne, back } from './questions.ts';
import { isShown, readSubject } from './read-subject.ts';
import type { Session } from './session.ts';
import { goneWords } from './stale.ts';
import type { Subject } from './subject.ts';

const everything = ['sandbox', 'container', 'namespace'] as const;

/**
 * What a command is to act on: its argument, or from the palette the person's choice.
 * @throws Refused when the argument is of something that is no more
 * @returns undefined when the person left
 */
export async function subjectFor(
  session: Session,
  argument: unknown,
  title: string,
  kinds: readonly Subject['kind'][] = everything,
): Promise<Subject | undefined> {
  const given = readSubject(argument);
  if (given) {
    const gone = session.hello && goneWords(session.machine, given, isShown(argument));
    if (gone) throw new Refused(gone);
    return given;
  }
  if (!session.hello) throw new NotRunning();
  const choices = subjectChoices(session.machine, kinds);
  if (choices.length === 0) throw new Refused(`There is no ${kinds.join(' and no ')} on this machine but the host's own`);
  const answer = await askOne({ title, placeholder: 'In what?' }, choices);
  return answer === back ? undefined : answer;
}
