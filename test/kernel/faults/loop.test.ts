import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { failureOf } from '../support/asking.ts';
import { Machine } from '../support/machine.ts';

/** How many sandboxes come and go; 5,000 take minutes. */
const COUNT = Number(process.env['BURROW_LOOP'] ?? 200);
const AT_A_TIME = 8;
/** The first make what a helper then keeps. */
const WARM = 80;
/** What the heap may hold by chance when it is looked at, in a short loop as in a long one. */
const PLAY_KB = 48 << 10;

const kinds: readonly Omit<DefinitionInput, 'name'>[] = [
  {},
  { network: 'none', root: 'readonly' },
  { network: 'none', root: 'empty', limits: { memory: '64M', processes: 50 } },
  { users: { tenant: 5 }, limits: { cpu: 0.5, files: 100 } },
  { users: { tenant: 6 }, root: 'readonly' },
  { namespaces: ['net', 'uts', 'user'], init: 'none' },
  { namespaces: ['user', 'mnt', 'pid'], mounts: [{ type: 'overlay', lower: ['/etc'], path: '/mnt' }] },
];
const runs: readonly Omit<DefinitionInput, 'name'>[] = [
  { network: 'none', root: 'readonly' },
  { limits: { memory: '64M' } },
  { init: false, network: 'none' },
];

describe(`${COUNT} sandboxes that come and go`, () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.start();
  });
  after(async () => {
    await machine.stopClean();
  });

  const privateKb = (): number =>
    Number(/^Private_Dirty: +(\d+) kB$/m.exec(readFileSync(`/proc/${machine.pid}/smaps_rollup`, 'latin1'))?.[1]);

  async function create(number: number): Promise<void> {
    const definition = { ...kinds[number % kinds.length], name: `loop-${number}` };
    const { id } = await machine.call('sandbox/create', { definition });
    await machine.call('sandbox/remove', { sandbox: id });
  }

  async function run(number: number): Promise<void> {
    const definition = { ...runs[number % runs.length], name: `loop-${number}`, command: ['/bin/true'] };
    const { exitCode } = await machine.call('sandbox/run', { definition });
    assert.equal(exitCode, 0);
  }

  /** One of them wins, whatever the others are. */
  async function contend(number: number): Promise<void> {
    const failures = await Promise.all(
      Array.from({ length: AT_A_TIME }, () => failureOf(machine.call('sandbox/create', { definition: { name: `loop-${number}` } }))),
    );
    assert.deepEqual(
      failures.flatMap(failure => failure?.kind ?? []),
      Array.from({ length: AT_A_TIME - 1 }, () => 'taken'),
    );
    await machine.call('sandbox/remove', { sandbox: `loop-${number}` });
  }

  async function together(first: number): Promise<void> {
    const numbers = Array.from({ length: AT_A_TIME }, (_, index) => first + index);
    const made = await Promise.all(numbers.map(number => machine.call('sandbox/create', { definition: { name: `loop-${number}` } })));
    const addresses = made.flatMap(({ networks }) => networks.map(({ address }) => address));
    assert.equal(new Set(addresses).size, AT_A_TIME, addresses.join(' '));
    await Promise.all(made.map(({ id }) => machine.call('sandbox/remove', { sandbox: id })));
  }

  async function go(count: number): Promise<void> {
    for (let number = 0; number < count; ) {
      const turn = Math.floor(number / AT_A_TIME) % 4;
      const each = turn === 0 ? together : turn === 1 ? contend : turn === 2 ? create : run;
      if (turn < 2) await each(number);
      else await Promise.all(Array.from({ length: AT_A_TIME }, (_, index) => each(number + index)));
      number += AT_A_TIME;
    }
  }

  it('leave the machine and the helper as they were', async context => {
    await go(WARM);
    await machine.settle();
    const before = privateKb();
    const began = performance.now();
    await go(COUNT);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    await machine.requireClean();
    context.diagnostic(`${COUNT} in ${seconds} s; ${before} KB of private memory before, ${privateKb()} KB after`);
    assert.ok(privateKb() < before + PLAY_KB, `${before} KB of private memory before, ${privateKb()} KB after`);
  });
});
