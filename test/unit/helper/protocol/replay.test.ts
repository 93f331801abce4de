import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutQueries } from '../../../../helper/protocol/replay.ts';

const ESC = '\u001b';
const ST = `${ESC}\\`;
const BEL = '\u0007';

describe('withoutQueries', () => {
  const queries: Readonly<Record<string, readonly string[]>> = {
    'device attributes': ['[c', '[0c', '[>c', '[>0c', '[=c', 'Z'],
    'status and the place of the cursor': ['[5n', '[6n', '[?6n', '[?15n', '[?996n', '[06n', '[6:0n'],
    colours: [`]10;?${BEL}`, `]11;?${ST}`, `]12;?${BEL}`, `]4;7;?${BEL}`, `]4;1;red;2;?${ST}`, `]011;?${BEL}`, `]21;foreground=?${ST}`],
    'the clipboard and the font': [`]52;c;?${BEL}`, `]50;?${BEL}`],
    settings: [`P$qm${ST}`, `P$q q${ST}`, `P0$qr${ST}`],
    capabilities: [`P+q544e${ST}`],
    'modes and the version': ['[?2026$p', '[4$p', '[>q', '[>0q'],
    'the keyboard protocol': ['[?u'],
    'the window': ['[14t', '[14;2t', '[16t', '[18t', '[19t', '[20t', '[21t', '[11t', '[13t'],
    'graphics and sums': ['[?2;1;0S', '[1;1;1;1;1;1*y', '[x', '[1x'],
  };
  for (const [name, sequences] of Object.entries(queries))
    it(`takes out what asks for ${name}`, () => {
      for (const sequence of sequences)
        assert.equal(withoutQueries(`before${ESC}${sequence}after`), 'beforeafter', JSON.stringify(sequence));
    });

  it('takes out those of one character, and those that begin with one', () => {
    assert.equal(withoutQueries('a\u0005b\u009ac\u009b6nd\u009d11;?\u009ce\u0090$qm\u009cf'), 'abcdef');
  });

  const kept = [
    'plain text, žluťoučký 🐇\r\n',
    `${ESC}[31;1mred${ESC}[0m`,
    `${ESC}[?25l${ESC}[?1049h${ESC}[2J${ESC}[H`,
    `${ESC}[8;24;80t${ESC}[22;0t${ESC}[23;0t${ESC}[1t`,
    `${ESC}]0;is this 11;? a title?${BEL}`,
    `${ESC}]2;?${BEL}`,
    `${ESC}]11;#ff0000${ST}${ESC}]8;;https://example.org/?q=1${ST}link${ESC}]8;;${ST}`,
    `${ESC}]633;A${BEL}${ESC}]52;c;aGk=${BEL}`,
    `${ESC}[2 q${ESC}[!p${ESC}[s${ESC}[u${ESC}[>1u${ESC}[<u${ESC}[=1;1u`,
    `${ESC}[3S${ESC}[2T${ESC}[?1c`,
    `${ESC}P1;1|17/41${ST}`,
    `${ESC}(B${ESC}7${ESC}8${ESC}=${ESC}>${ESC}M${ESC}c`,
    '6n, c and ]11;? without what makes them a sequence',
  ];
  for (const text of kept) it(`leaves ${JSON.stringify(text)}`, () => assert.equal(withoutQueries(text), text));

  it('makes no query of what is left when one is taken out', () => {
    assert.equal(withoutQueries(`${ESC}[${ESC}[6n6n`), '6n');
    assert.equal(withoutQueries(`${ESC}${ESC}[6n[6n`), '[6n');
    assert.equal(withoutQueries(`${ESC}\u009b6n[6n`), '[6n');
    assert.equal(withoutQueries(`${ESC}\u0005[6nx`), 'x');
    assert.equal(withoutQueries(`${ESC}]11;${ESC}[6n?${BEL}`), `${ESC}]11;${ST}?${BEL}`);
    const nested = withoutQueries(`${`${ESC}[`.repeat(1000)}${'6n'.repeat(1000)}`);
    assert.equal(nested, '6n'.repeat(999));
  });

  it('sees through controls in the middle of one', () => {
    assert.equal(withoutQueries(`${ESC}\n[6nx`), 'x');
    assert.equal(withoutQueries(`${ESC}[\r6\nnx`), 'x');
  });

  it('leaves a sequence that may go on in what comes next', () => {
    for (const last of [ESC, `${ESC}[`, `${ESC}[6`, `${ESC}]0;tit`, `${ESC}P$q`])
      assert.equal(withoutQueries(`text${last}`), `text${last}`);
  });

  it('takes a moment for what is made to take long', () => {
    for (const part of [ESC, `${ESC}[`, `${ESC}]`, `${ESC}]4;`, ';?', `${ESC}[6;`, `${ESC}P`, `${ESC}\n`]) {
      const text = part.repeat((256 << 10) / part.length);
      assert.ok(withoutQueries(text).length <= 2 * text.length);
    }
    const fields = `${ESC}]4;${'x;'.repeat(128 << 10)}${BEL}`;
    assert.equal(withoutQueries(fields), fields);
  });
});
