import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile, lineOf } from '../../../../helper/plan/compile.ts';
import { describe as show } from '../../../../helper/plan/steps.ts';
import { facts, plan } from './plans.ts';
import { samples } from './samples.ts';

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

  it('waits after the fork where what is executed has no init to ask for it', () => {
    const { program, at } = compile(plan({ init: false, command: ['/bin/true'] }));
    assert.deepEqual([...at.values()].at(-1), [{ do: 'ready', path: facts.record }]);
    const ready = program.findIndex(each => 'do' in each && each.do === 'sync' && each.until === [...at.keys()].at(-1));
    assert.ok(ready > program.findIndex(each => 'do' in each && each.do === 'fork'));
  });

  for (const [name, sample] of Object.entries(samples))
    it(`${name}: knows the line of each instruction, and of each of the helper's steps`, () => {
      const whole = plan(sample.definition, sample.facts, sample.purpose);
      const printed = show(whole);
      const { program, lines, first, at } = compile(whole);
      assert.equal(lines.length, program.length);
      program.forEach((instruction, index) => {
        const line = printed[(lines[index] ?? 0) - 1] ?? '';
        assert.equal(line.startsWith('helper'), 'do' in instruction && instruction.do === 'sync', `${index}: ${line}`);
      });
      const steps = [...first, ...[...at.values()].flat()];
      assert.deepEqual(
        steps.map(step => lineOf(whole, step)),
        whole.flatMap((each, index) => (each.by === 'helper' ? [index + 1] : [])),
      );
    });

  it('knows no line of a step that is of another plan', () => assert.equal(lineOf(plan({}), { do: 'record', path: facts.record }), 0));
});
