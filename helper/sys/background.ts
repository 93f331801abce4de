// What goes on without anybody waiting for it: timers, signals, listeners, promises. Whatever fails there is written down
// here and nowhere else, because Node would end the helper for it, and with it the terminals of everybody.
import { recordEvent } from './log.ts';

/** @param what is going on, a phrase of the helper's own, as `the end of a run` */
function hear(what: string, error: unknown): void {
  recordEvent('failed in the background', { what, error: error instanceof Error ? error.stack : String(error) });
}

/** The same function for an event or a timer: it never throws, and nobody waits for the promise that it may return. */
export function heard<A extends readonly unknown[]>(what: string, work: (...values: A) => unknown): (...values: A) => void {
  return (...values) => {
    try {
      const result = work(...values);
      if (result instanceof Promise) result.catch((error: unknown) => hear(what, error));
    } catch (error) {
      hear(what, error);
    }
  };
}

/** Begins something that nobody waits for. */
export const background = (what: string, work: () => unknown): void => heard(what, work)();

/** Does something after a time, unless it is stopped by clearTimeout. */
export const later = (what: string, delayMs: number, work: () => unknown): NodeJS.Timeout => setTimeout(heard(what, work), delayMs);

/** Does something again and again, until it is stopped by clearTimeout. */
export const every = (what: string, periodMs: number, work: () => unknown): NodeJS.Timeout => setInterval(heard(what, work), periodMs);

/** Does something when the events of this moment have been seen to. */
export const soon = (what: string, work: () => unknown): NodeJS.Immediate => setImmediate(heard(what, work));

/** The last resort: an error that has no other hearer, a promise's too, is a bug. It is written down, and the helper lives. */
export function surviveErrors(): void {
  process.on('uncaughtException', (error, origin) => hear(origin, error));
}
