import type { NamespaceType } from '../../helper/protocol/model.ts';
import type { Target } from '../../helper/protocol/target.ts';
import { type Answer, askMany, askOne, back, type Choice as Offered } from '../questions.ts';
import type { Session } from '../session.ts';
import { targetOf } from '../subject.ts';
import { type Choice, without } from './choice.ts';
import { namespaceWords } from './choice-words.ts';
import { enteredFor, type Offer } from './entries.ts';
import type { Occasion } from './memory.ts';
import { type Choices, type Wish, wishes } from './wishes.ts';

/** What is asked about. */
export interface Asked {
  readonly title: string;
  readonly offer: Offer;
  /** What was chosen before. */
  readonly choice: Choice;
  /** What the answer can be remembered for. */
  readonly occasion?: Occasion | undefined;
}

export interface Chosen {
  readonly choice: Choice;
  readonly remembers: boolean;
}

const askTypes = ({ title, offer, choice }: Asked): Promise<Answer<readonly NamespaceType[]>> =>
  askMany(
    { title, step: 1, totalSteps: 2 },
    offer.namespaces.map(({ key, picked }) => ({
      label: key.type,
      description: `${key.inode}`,
      value: key.type,
      picked: choice.types?.includes(key.type) ?? picked,
    })),
    chosen => `Which namespaces? ${namespaceWords(chosen, enteredFor(chosen, offer))}`,
  );

/** Without them it can be asked all the same: every question takes a text, too. */
const nothingKnown: Choices = { user: '', directory: '', users: [], shells: [] };

async function choicesIn(session: Session, target: Target): Promise<Choices> {
  return session.request('terminal/choices', { target }).catch((error: unknown) => {
    session.log.warn(String(error));
    return nothingKnown;
  });
}

type Item = 'open' | 'remember' | Wish;

function itemsFor({ choice, remembers }: Chosen, there: Choices, occasion: Occasion | undefined): Offered<Item>[] {
  const all = wishes.map(wish => ({ label: wish.label, description: wish.now(choice, there), icon: wish.icon, value: wish }));
  const remember = {
    label: `Remember for ${occasion?.words}`,
    description: remembers ? 'yes' : 'no',
    icon: remembers ? 'check' : 'dash',
    value: 'remember' as const,
  };
  return [{ label: 'Open Terminal', icon: 'terminal', value: 'open' }, ...all, ...(occasion ? [remember] : [])];
}

/**
 * The second question: Enter opens, every other answer changes something and comes back to it.
 * @returns with what was chosen until then, also when the person goes back
 */
async function askWishes({ title, occasion }: Asked, first: Chosen, there: Choices, hasBack: boolean): Promise<[Answer<'open'>, Chosen]> {
  const question = { title, hasBack, placeholder: 'Enter opens it', ...(hasBack ? { step: 2, totalSteps: 2 } : {}) };
  let chosen = first;
  for (;;) {
    const answer = await askOne<Item>(question, itemsFor(chosen, there, occasion));
    if (answer === undefined || answer === back || answer === 'open') return [answer, chosen];
    if (answer === 'remember') {
      chosen = { ...chosen, remembers: !chosen.remembers };
      continue;
    }
    const choice = await answer.ask({ title: `${title}: ${answer.label}`, hasBack: true }, chosen.choice, there);
    if (choice === undefined) return [undefined, chosen];
    if (choice !== back) chosen = { ...chosen, choice };
  }
}

/** All of them is what there is without a choice. */
const typed = (choice: Choice, types: readonly NamespaceType[], { namespaces }: Offer): Choice =>
  types.length === namespaces.length ? without(choice, 'types') : { ...choice, types: [...types] };

/** Asks for the namespaces, unless there is only one, and for all else. @returns undefined when the person left */
export async function askChoice(session: Session, asked: Asked): Promise<Chosen | undefined> {
  const { offer } = asked;
  const several = offer.namespaces.length > 1;
  let draft: Chosen = { choice: asked.choice, remembers: asked.occasion !== undefined };
  for (;;) {
    const types = several ? await askTypes({ ...asked, choice: draft.choice }) : offer.namespaces.map(each => each.key.type);
    if (types === undefined || types === back) return undefined;
    draft = { ...draft, choice: typed(draft.choice, types, offer) };
    const target = targetOf(offer.through);
    const there = await choicesIn(session, draft.choice.types ? { ...target, types: draft.choice.types } : target);
    const [answer, chosen] = await askWishes(asked, draft, there, several);
    if (answer !== back) return answer && chosen;
    draft = chosen;
  }
}
