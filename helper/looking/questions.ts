// What the main thread asks a thread that looks into a target, and what that thread needs to know for it.
import type { Terms } from '../entry/entered.ts';
import type { Wish } from '../likeness/likeness.ts';
import type { Failure } from '../protocol/failure.ts';
import type { Result } from '../protocol/methods.ts';
import type { NamespaceReference, Sandbox } from '../protocol/model.ts';
import type { Target } from '../protocol/target.ts';

export interface Questions {
  choices: { readonly params: { readonly target: Target }; readonly answer: Result<'terminal/choices'> };
  like: { readonly params: { readonly target: Target; readonly wish: Wish }; readonly answer: Result<'sandbox/like'> };
}
export type Question = keyof Questions;

/** The sandbox that is the target, as data. */
export interface DwellingData {
  readonly sandbox: Sandbox;
  readonly start: number | undefined;
  readonly terms: Terms;
}

/** What only discovery knows. */
export type Need =
  | { readonly what: 'containers'; readonly key: string }
  | { readonly what: 'open'; readonly reference: NamespaceReference };

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
