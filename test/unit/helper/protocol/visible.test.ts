import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { visible, visibleJson } from '../../../../helper/protocol/visible.ts';

/** Every character that drives a terminal, in front of what is harmless. */
const controls = [...Array(0x20).keys(), 0x7f, ...Array.from({ length: 0x20 }, (_, index) => 0x80 + index)].map(code =>
  String.fromCharCode(code),
);
const hidden = ['\u200b', '\u202e', '\u2028', '\u2029', '\ud800', '\u{e0001}'];

describe('text of others', () => {
  it('is one line without anything that cannot be seen', () => {
    for (const character of [...controls, ...hidden])
      assert.match(visible(`a${character}b`), /^a[^\p{C}\p{Zl}\p{Zp}]+b$/u, JSON.stringify(character));
  });

  it('stays as it is where all of it can be seen', () => assert.equal(visible('web-1 «é» 日本 🙂'), 'web-1 «é» 日本 🙂'));

  it('shows which control there was', () => assert.equal(visible('x\x1b]0;y\x07\x9bz'), 'x␛]0;y␇\\u{9b}z'));
});

describe('JSON of others', () => {
  const value = { [`key${controls.join('')}`]: [...controls, ...hidden].join(''), plain: ['é', 1, null] };

  it('is the same value, in lines without anything that cannot be seen', () => {
    for (const indent of [undefined, 2]) {
      const text = visibleJson(value, indent);
      assert.deepEqual(JSON.parse(text), value);
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u);
    }
  });

  it('is laid out as JSON.stringify does', () => assert.equal(visibleJson({ a: ['b'] }, 2), JSON.stringify({ a: ['b'] }, null, 2)));
});
