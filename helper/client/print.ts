// Everything that the command line prints, but for the streams of commands. Names, paths and messages are of other
// processes, and hostile.
import { stderr, stdout } from 'node:process';
import { visible, visibleJson } from '../protocol/visible.ts';

/** A line of the answer. */
export const print = (line: string): unknown => stdout.write(`${visible(line)}\n`);

/** The answer of a program for programs. */
export const printJson = (value: unknown): unknown => stdout.write(`${visibleJson(value, 2)}\n`);

/** A line beside the answer. */
export const say = (line: string): unknown => stderr.write(`burrow: ${visible(line)}\n`);

/** A failure, for programs. */
export const sayJson = (value: unknown): unknown => stderr.write(`${visibleJson(value)}\n`);

/** Of a terminal, as it is: whoever looks at one has chosen to. */
export const passOn = (bytes: string | Uint8Array): unknown => stdout.write(bytes);
