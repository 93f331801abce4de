import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Pulse } from '../../../extension/pulse.ts';

function pulse(): { readonly runs: () => number; readonly asked: Pulse } {
  let runs = 0;
  const asked = new Pulse(200, () => {
    runs++;
  });
  return { runs: () => runs, asked };
}

describe('a pulse', () => {
  test('runs at once, and then once for all that was asked for meanwhile', context => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { runs, asked } = pulse();
    for (let times = 0; times < 50; times++) asked.soon();
    assert.equal(runs(), 1);
    context.mock.timers.tick(199);
    assert.equal(runs(), 1);
    context.mock.timers.tick(1);
    assert.equal(runs(), 2);
    context.mock.timers.tick(1000);
    assert.equal(runs(), 2);
    asked.soon();
    assert.equal(runs(), 3);
    asked.dispose();
  });

  test('runs out of turn when it has to, and not again after it was disposed of', context => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { runs, asked } = pulse();
    asked.soon();
    asked.soon();
    asked.now();
    assert.equal(runs(), 2);
    asked.soon();
    asked.dispose();
    context.mock.timers.tick(1000);
    assert.equal(runs(), 2);
  });
});
