import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { takeCode } from '../../helper/code/own-code.ts';
import { probes } from '../../helper/entry/probes.ts';
import { Looking } from '../../helper/looking/looking.ts';
import { Refusal } from '../../helper/sys/errors.ts';
import { inRepository } from '../support/repository.ts';
import { Sleepers } from './support/sleepers.ts';

takeCode(inRepository('dist'));

describe('a look into a target', () => {
  const looking = new Looking();
  const sleepers = new Sleepers();
  const unused = (): Promise<never> => Promise.reject(new Refusal('unknown', 'Discovery was asked.'));
  const world = { discovery: { containers: unused, open: unused }, sandboxes: [], probes };
  let pid = 0;
  before(async () => {
    pid = await sleepers.start('unshare', '--mount', 'sleep', 'infinity');
  });
  after(() => sleepers.stop());

  it('tells what the target is', async () => {
    const { user, shells } = await looking.ask('choices', { target: { pid } }, world);
    assert.equal(user, 'root');
    assert.ok(shells.includes('/bin/sh'));
  });

  it('asks discovery through the thread that has it, and refuses in its words', async () => {
    await assert.rejects(looking.ask('choices', { target: { container: 'web' } }, world), new Refusal('unknown', 'Discovery was asked.'));
  });

  it('keeps nobody waiting while it waits for discovery', async () => {
    let refuse = (): void => assert.fail('discovery was not asked');
    const containers = (): Promise<never> =>
      new Promise((_, reject) => {
        refuse = () => reject(new Refusal('unknown', 'It was asked for long.'));
      });
    const late = looking.ask('choices', { target: { container: 'web' } }, { ...world, discovery: { containers, open: unused } });
    const refused = assert.rejects(late, new Refusal('unknown', 'It was asked for long.'));
    await looking.ask('choices', { target: { pid } }, world);
    refuse();
    await refused;
  });

  it('fails as the function behind it does', async () => {
    const { failure } = await looking.ask('choices', { target: { pid: 2 ** 22 + 1 } }, world).then(
      () => assert.fail('there is such a process'),
      (error: Refusal) => error,
    );
    assert.equal(failure.kind, 'gone');
  });
});
