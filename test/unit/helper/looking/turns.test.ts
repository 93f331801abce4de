import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Turns } from '../../../../helper/looking/turns.ts';

const begin = async (turns: Turns, key: string): Promise<void> => turns.begin(key);

/** Which of some looks have begun, in the order in which they did. */
function beginning(turns: Turns, keys: readonly string[]): string[] {
  const begun: string[] = [];
  for (const key of keys)
    begin(turns, key).then(
      () => begun.push(key),
      () => begun.push(`${key} refused`),
    );
  return begun;
}

describe('the turns of looks', () => {
  it('are two for one target at a time, and others do not wait for them', async () => {
    const turns = new Turns();
    const begun = beginning(turns, ['a', 'a', 'a', 'b']);
    await nextTurn();
    assert.deepEqual(begun, ['a', 'a', 'b']);
    turns.end('a');
    await nextTurn();
    assert.deepEqual(begun, ['a', 'a', 'b', 'a']);
  });

  it('are eight in all', async () => {
    const turns = new Turns();
    const begun = beginning(turns, ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd', 'e']);
    await nextTurn();
    assert.equal(begun.length, 8);
    turns.end('a');
    await nextTurn();
    assert.equal(begun.at(-1), 'e');
  });

  it('are none for a target that holds whoever looks, until it lets go', async () => {
    const turns = new Turns();
    const begun = beginning(turns, ['a', 'a', 'a']);
    await nextTurn();
    turns.hold('a');
    await nextTurn();
    assert.deepEqual(begun, ['a', 'a', 'a refused']);
    assert.equal(turns.begin('b'), undefined);
    turns.letGo('a');
    turns.end('a');
    await turns.begin('a');
  });

  it('are none any more when sixteen are held', async () => {
    const turns = new Turns();
    for (let target = 0; target < 16; target++) {
      assert.equal(turns.begin(`${target}`), undefined);
      turns.hold(`${target}`);
    }
    await assert.rejects(begin(turns, 'another'), /16 looks into targets are held up/);
  });
});
