import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Machine } from '../../../../extension/machine/machine.ts';
import { Memory, occasionOf, type Shelf } from '../../../../extension/terminal/memory.ts';
import { WindowIdentity } from '../../../../extension/terminal/window.ts';
import type { Container } from '../../../../helper/protocol/model.ts';
import { machine, redis, snapshot } from '../example.ts';

/** The editor's own memory, as JSON keeps it. */
class PlainShelf implements Shelf {
  readonly values = new Map<string, string>();
  get(key: string): unknown {
    const value = this.values.get(key);
    return value === undefined ? undefined : JSON.parse(value);
  }
  async update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, JSON.stringify(value));
  }
}

const occasion = (name: string) => ({ key: name, words: name });

describe('what is remembered of terminals', () => {
  test('is remembered for an image, a container without one, and the name of a sandbox', () => {
    assert.deepEqual(occasionOf(machine, { kind: 'container', id: 'c1' }), { key: 'image redis:7', words: 'redis:7' });
    assert.deepEqual(occasionOf(machine, { kind: 'sandbox', id: 's1' }), { key: 'sandbox web', words: 'web' });
    assert.equal(occasionOf(machine, { kind: 'process', pid: redis.pid, start: 800 }), undefined);
    assert.equal(occasionOf(machine, { kind: 'container', id: 'gone' }), undefined);
  });

  test('is not shared between owners, who may call an image as they like', () => {
    const keyOf = (more: Partial<Container>): string | undefined => {
      const other = new Machine({ ...snapshot, containers: [{ ...redis, ...more }] });
      return occasionOf(other, { kind: 'container', id: 'c1' })?.key;
    };
    assert.equal(keyOf({}), 'image redis:7');
    assert.equal(keyOf({ uid: 1000 }), 'image redis:7 of user 1000');
    assert.equal(keyOf({ within: 'c2' }), 'image redis:7 in c2');
  });

  test('is the last choice, until one that says nothing takes it away', async () => {
    const memory = new Memory(new PlainShelf());
    await memory.remember(occasion('redis:7'), { user: 'redis' });
    await memory.remember(occasion('redis:7'), { user: '0', login: false });
    assert.deepEqual(memory.of(occasion('redis:7')), { user: '0' });
    assert.equal(memory.of(occasion('redis:8')), undefined);
    assert.equal(memory.of(undefined), undefined);
    await memory.remember(occasion('redis:7'), {});
    assert.equal(memory.of(occasion('redis:7')), undefined);
  });

  test('is bounded: the oldest go', async () => {
    const memory = new Memory(new PlainShelf());
    for (let index = 0; index < 101; index++) await memory.remember(occasion(`i${index}`), { user: `u${index}` });
    assert.equal(memory.of(occasion('i0')), undefined);
    assert.deepEqual(memory.of(occasion('i1')), { user: 'u1' });
    assert.equal(await memory.forget(), 100);
    assert.equal(memory.of(occasion('i100')), undefined);
    assert.equal(await memory.forget(), 0);
  });

  test('is nothing where something else was written', async () => {
    const shelf = new PlainShelf();
    const memory = new Memory(shelf);
    for (const written of [
      'x',
      [1],
      [{ key: 'a' }],
      [{ key: 'a', choice: { command: 'rm -rf /' } }],
      [{ key: 'a', choice: { nope: 1 } }],
    ]) {
      await shelf.update('terminal.choices', written);
      assert.equal(memory.of(occasion('a')), undefined, JSON.stringify(written));
    }
    await memory.remember(occasion('b'), { user: '0' });
    assert.deepEqual(memory.of(occasion('b')), { user: '0' });
  });
});

describe('the window', () => {
  test('has one name for as long as its workspace has a memory', () => {
    const shelf = new PlainShelf();
    const { id } = new WindowIdentity(shelf);
    assert.ok(id.length > 30);
    assert.equal(new WindowIdentity(shelf).id, id);
    assert.notEqual(new WindowIdentity(new PlainShelf()).id, id);
  });

  test('knows whether there is anything to come back to', () => {
    const shelf = new PlainShelf();
    assert.equal(new WindowIdentity(shelf).hadTerminals, false);
    new WindowIdentity(shelf).hadTerminals = true;
    assert.equal(new WindowIdentity(shelf).hadTerminals, true);
  });
});
