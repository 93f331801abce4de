// One line of JSON for each thing that is worth knowing afterwards, on stderr.
import { visibleJson } from '../protocol/visible.ts';
import { LogFile } from './log-file.ts';

export type Facts = Readonly<Record<string, unknown>>;

/** A caller chooses what is in a line; no request may fill the disk. */
const LINE_CHARACTERS = 2000;

/** So many lines of one kind of event are written in a minute: whoever can cause one must not push the others out. */
const EVENTS = 20;
const EVENTS_MS = 60_000;

/** By number: process.stderr of a thread is a stream to the main one. */
const STDERR = 2;

const file = new LogFile(STDERR);
const recent = new Map<string, { readonly since: number; count: number }>();

/** Writes one line. Never throws. */
export function record(facts: Facts): void {
  const line = lineOf({ time: new Date().toISOString(), ...facts });
  file.write(line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}… cut` : line);
}

/** What a caller has nested deeper than the stack goes is left out: that it was asked is written all the same. */
function lineOf(facts: Facts): string {
  try {
    return visibleJson(facts);
  } catch {
    const plain = Object.entries(facts).filter(([, value]) => typeof value !== 'object');
    return visibleJson({ ...Object.fromEntries(plain), cut: true });
  }
}

/** @param event one of few: what differs between two of a kind is in the facts */
export function recordEvent(event: string, facts: Facts = {}): void {
  const { count, unsaid } = noted(event);
  if (count <= EVENTS) record({ event, ...(unsaid > 0 && { unsaid }), ...facts });
}

/** Counts one more of a kind. @returns its place in this minute, and at the first how many of the minute before were not written */
function noted(event: string): { count: number; unsaid: number } {
  const now = performance.now();
  const before = recent.get(event);
  if (before && now - before.since < EVENTS_MS) return { count: ++before.count, unsaid: 0 };
  recent.set(event, { since: now, count: 1 });
  return { count: 1, unsaid: Math.max(0, (before?.count ?? 0) - EVENTS) };
}
