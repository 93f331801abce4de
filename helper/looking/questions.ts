// What the main thread asks a thread that looks into a target, and what that thread needs to know for it.
import type { Terms } from '../entry/entered.ts';
import type { Prepared, Taken, Wish } from '../entry/prepare.ts';
import type { Wish as WishForLikeness } from '../likeness/likeness.ts';
import type { Failure } from '../protocol/failure.ts';
import type { Result } from '../protocol/methods.ts';
import type { NamespaceReference, Sandbox } from '../protocol/model.ts';
import type { Target } from '../protocol/target.ts';

export interface Questions {
  choices: { readonly params: { readonly target: Target }; readonly answer: Result<'terminal/choices'> };
  like: { readonly params: { readonly target: Target; readonly wish: WishForLikeness }; readonly answer: Result<'sandbox/like'> };
  prepare: { readonly params: Wish; readonly answer: Prepared };
  take: { readonly params: { readonly target: Target }; readonly answer: Taken };
}
export type Question = keyof Questions;

/** The sandbox that is the target, as data. */
export interface DwellingData {
  readonly sandbox: Sandbox;
  readonly start: number | undefined;
  readonly terms: Terms;
}

/** What only discovery knows, or only the main thread can find out: see probes.ts. */
export type Need =
  | { readonly what: 'containers'; readonly key: string; readonly byId: boolean }
  | { readonly what: 'open'; readonly reference: NamespaceReference }
  | { readonly what: 'root'; readonly mnt: number; readonly label: string }
  | { readonly what: 'maps'; readonly user: number; readonly label: string }
  | { readonly what: 'filters'; readonly thread: number; readonly count: number; readonly label: string };

export type Outcome = { readonly answer: unknown } | { readonly failure: Failure; readonly isRefusal: boolean };

/** To the thread. */
export type Told =
  | {
      [Q in Question]: {
        readonly kind: 'asked';
        readonly question: Q;
        readonly params: Questions[Q]['params'];
        readonly dwelling: DwellingData | undefined;
      };
    }[Question]
  | { readonly kind: 'given'; readonly id: number; readonly outcome: Outcome };

/** From the thread. */
export type Said =
  | { readonly kind: 'needed'; readonly id: number; readonly need: Need }
  | { readonly kind: 'answered'; readonly outcome: Outcome };
