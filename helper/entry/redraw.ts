import type { Size } from '../protocol/target.ts';
import { later } from '../sys/background.ts';
import { resize } from './pty.ts';
import type { Terminal } from './terminal.ts';

/** A program that asks for its size only later must see that it was another one: at once twice, it sees no change. */
const LOOK_MS = 50;

/**
 * Gives a terminal the size of its new client. Its program hears of it (SIGWINCH) also when it is the one that it had:
 * one that fills the screen then draws it again.
 */
export function redraw(terminal: Terminal, size: Size): void {
  const { size: before, master } = terminal;
  terminal.size = size;
  if (before?.columns !== size.columns || before.rows !== size.rows) {
    resize(master, size);
    return;
  }
  // Rows, because a line that a shell has written stays as wide as it is.
  resize(master, { ...size, rows: size.rows > 1 ? size.rows - 1 : size.rows + 1 });
  later('the size of a terminal', LOOK_MS, () => {
    // Its client may have chosen another one by now, or have gone with all of it.
    if (terminal.size === size && terminal.isOpen) resize(master, size);
  }).unref();
}
