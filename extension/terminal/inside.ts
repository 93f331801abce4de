import * as z from 'zod';
import { Entry } from '../../helper/protocol/target.ts';
import { visible } from '../hostile-text.ts';
import { Subject } from '../read-subject.ts';
import { Look } from './look.ts';

/** A terminal inside something: all that is needed to have one like it again. */
export const Inside = z.object({
  /** What it is named after. */
  subject: Subject,
  name: z.string(),
  look: Look,
  entry: Entry,
});
export type Inside = z.infer<typeof Inside>;

/** What the helper takes at most. */
const tagLength = 8192;

/** The words by which the helper keeps it; undefined for one that is too long to be kept. */
export function tagOf(inside: Inside): string | undefined {
  const tag = JSON.stringify(inside);
  return tag.length > tagLength ? undefined : tag;
}

/** Any program of the same user can have a terminal kept: undefined for a tag that is none of Burrow's. */
export function readTag(tag: string): Inside | undefined {
  try {
    const inside = Inside.parse(JSON.parse(tag));
    return { ...inside, name: visible(inside.name) };
  } catch {
    return undefined;
  }
}
