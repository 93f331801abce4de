import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compile, describe as show } from '../../../../helper/sandbox/plan.ts';
import { inRepository } from '../../../support/repository.ts';
import { asRoot, facts, plan, planLines, type Sample, samples } from './plans.ts';

/** A plan as it is written down beside this file, for people to read. */
const written = (name: string): string[] =>
  readFileSync(inRepository('test/unit/helper/sandbox/plans', `${name}.plan`), 'utf8')
    .trimEnd()
    .split('\n');

const inOrder = (lines: readonly string[], one: string, other: string): void =>
  assert.ok(lines.includes(one) && lines.indexOf(one) < lines.indexOf(other), `${one} before ${other} in\n${lines.join('\n')}`);

describe('planFor', () => {
  for (const [name, { what, definition, facts: changes }] of Object.entries<Sample>(samples))
    it(`makes the plan of ${name}.plan: ${what}`, () => assert.deepEqual(planLines(definition, changes), written(name)));

  it('takes what the definition names with the caller’s rights, and locks it before the user namespace is there', () => {
    const lines = planLines(samples.mounts.definition);
    inOrder(lines, 'stage   setfsuid(1000)', 'stage   open_tree(AT_FDCWD, "/home/dev/src", OPEN_TREE_CLOEXEC)');
    inOrder(lines, 'stage   open_tree(AT_FDCWD, "/home/dev/src", OPEN_TREE_CLOEXEC)', 'stage   setfsuid(0)');
    inOrder(
      lines,
      'stage   mount_setattr(<mount 1>, "", AT_EMPTY_PATH|AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY}, 32)',
      'stage   unshare(CLONE_NEWUSER)',
    );
  });

  it('becomes an ordinary caller before it makes the user namespace', () => {
    inOrder(planLines({}), 'stage   setresuid(1000, 1000, 1000)', 'stage   unshare(CLONE_NEWUSER)');
  });

  it('mounts a guarded sandbox’s files while it may still do what its user namespace may not', () => {
    inOrder(planLines({}, asRoot), 'stage   umount2(".", MNT_DETACH)', 'stage   unshare(CLONE_NEWUSER)');
    inOrder(planLines({}), 'stage   unshare(CLONE_NEWUSER)', 'stage   umount2(".", MNT_DETACH)');
  });

  it('guards as soon as one of the ids is root outside', () => {
    const uids = [...facts.uids, { inside: 1, outside: 0, count: 1 }];
    inOrder(planLines({}, { uids }), 'stage   umount2(".", MNT_DETACH)', 'stage   unshare(CLONE_NEWUSER)');
  });
});

describe('compile', () => {
  it('waits for the helper once for each group of its steps', () => {
    const { program, first, at } = compile(plan({}));
    assert.deepEqual(first, [{ do: 'record', path: facts.record }]);
    assert.deepEqual(
      [...at.values()].map(steps => steps.map(step => step.do)),
      [['map-ids'], ['link', 'address', 'address', 'up', 'up', 'up']],
    );
    const waits = program.flatMap(each => ('do' in each && each.do === 'sync' ? each.until : []));
    assert.deepEqual(waits, [...at.keys()]);
  });

  it('knows the line of each instruction', () => {
    const whole = plan({ time: { monotonicSeconds: 60 } });
    const printed = show(whole);
    const { program, lines } = compile(whole);
    assert.equal(lines.length, program.length);
    program.forEach((instruction, index) => {
      const line = printed[(lines[index] ?? 0) - 1] ?? '';
      assert.equal(line.startsWith('helper'), 'do' in instruction && instruction.do === 'sync', `${index}: ${line}`);
    });
  });
});
