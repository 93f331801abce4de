// What a terminal wrote before, to be shown once more. The emulator answers some of it as if it were asked now,
// and the answer would be typed into whatever runs there today.

/** Controls are executed where they stand in a sequence, which goes on behind them. */
const CONTROLS = '\\0-\\u0017\\u0019\\u001c-\\u001f\\u007f';
const ESC = `\\u001b[${CONTROLS}]*`;
const CSI = `(?:${ESC}\\[|\\u009b)`;
/** OSC, DCS, SOS, PM and APC: with text up to ST, BEL or what breaks it off. */
const STRING = `(?:${ESC}[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])`;
const STRING_END = '(?:\\u0007|\\u009c|\\u001b\\\\)';
const BREAKS = '\\u001b\\u0018\\u001a\\u0080-\\u009f';

/** A sequence that begins, and is whole or is broken off by what follows it; or a single character that asks. */
const sequences = new RegExp(
  [
    `(?<csi>${CSI})(?<params>[${CONTROLS} -?]*)(?<final>[@-~]?)`,
    `(?<string>${STRING})(?<body>[^\\u0007${BREAKS}]*)(?<end>${STRING_END}?)`,
    `(?<single>${ESC}(?:Z|(?=[${BREAKS}]|$))|[\\u0005\\u009a])`,
  ].join('|'),
  'g',
);

/** By the final byte, which params ask something. */
const asking: ReadonlyMap<string, RegExp> = new Map([
  ['c', /^[>=]?[\d;:]*$/], // device attributes
  ['n', /^\??[\d;:]*$/], // status, place of the cursor
  ['p', /^\??[\d;:]*\$$/], // DECRQM: modes
  ['q', /^>[\d;:]*$/], // XTVERSION
  ['S', /^\?[\d;:]*$/], // graphics
  ['t', /^0*(?:1[1345689]|2[01])(?:[;:][\d;:]*)?$/], // the window, its title and its cells
  ['u', /^(?:\?[\d;:]*|[\d;:]*\$|&)$/], // the keyboard protocol of kitty, DECRQTSR, DECRQUPSS
  ['w', /^[\d;:]*\$$/], // DECRQPSR: cursor, tabulators
  ['x', /^[01]?$/], // DECREQTPARM
  ['y', /^[\d;:]*\*$/], // DECRQCRA: a sum of what is on the screen
]);

/** OSC: colours, the clipboard, the font. */
const asksInOsc = /^0*(?:(?:4|5|1\d|50|52);(?:.*;)?\?(?:;|$)|21;.*\?|1337;(?:Report|Capabilities))/s;
/** DECRQSS, and XTGETTCAP. */
const asksInDcs = /^[\d;:]*[$+]q/;

const controls = new RegExp(`[${CONTROLS}]`, 'g');

function asks(introducer: string, body: string): boolean {
  const text = body.replace(controls, '');
  if (introducer.endsWith(']') || introducer === '\u009d') return asksInOsc.test(text);
  return (introducer.endsWith('P') || introducer === '\u0090') && asksInDcs.test(text);
}

/**
 * Takes out of a terminal's output what asks the emulator something: device attributes, status and place of the cursor,
 * colours, modes, the window. What is left shows the same. One sequence cannot hide in another: those that are broken off
 * go too, but for the last one, which may go on in what comes next.
 */
export function withoutQueries(text: string): string {
  return text.replace(sequences, (whole: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    const offset = rest.at(-3) as number;
    const isLast = offset + whole.length === text.length;
    const { csi, params = '', final, string, body = '', end } = groups;
    if (csi !== undefined) {
      if (final === '') return isLast ? whole : '';
      return asking.get(final ?? '')?.test(params.replace(controls, '')) ? '' : whole;
    }
    if (string !== undefined) {
      if (end === '' && isLast) return whole;
      if (asks(string, body)) return '';
      return end === '' ? `${whole}\u001b\\` : whole;
    }
    return isLast && whole.startsWith('\u001b') && !whole.endsWith('Z') ? whole : '';
  });
}
