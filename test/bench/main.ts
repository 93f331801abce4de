// Burrow against what people use today, side by side in one run: npm run bench. Needs root, runc and busybox.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { Helper } from '../../helper/client/connect.ts';
import { Fixture } from '../support/fixture.ts';
import { TestHelper } from '../support/helper.ts';
import { inRepository } from '../support/repository.ts';
import { collectShells, command, sandbox, snapshot, terminal } from './contests.ts';
import { Crowd } from './crowd.ts';
import { hold, type Outcome } from './measure.ts';

const CROWD = 1000;

const processCount = (): number => readdirSync('/proc').filter(name => /^\d+$/.test(name)).length;

async function compete(helper: Helper, init: number): Promise<Outcome[]> {
  const outcomes = [await hold(snapshot(helper, `${processCount()} processes`))];
  const crowd = new Crowd();
  try {
    await crowd.gather(CROWD);
    outcomes.push(await hold(snapshot(helper, `${processCount()} processes`)));
  } finally {
    await crowd.disperse();
  }
  for (const contest of [terminal(helper, init), command(helper, init), sandbox(helper)]) outcomes.push(await hold(contest));
  await collectShells();
  return outcomes;
}

function print(outcomes: readonly Outcome[]): void {
  const rows = outcomes.map(({ what, burrowMs, against, otherMs, ratio, rounds }) => ({
    what,
    'Burrow, ms': burrowMs.toFixed(1),
    against,
    'other, ms': otherMs.toFixed(1),
    ratio: ratio.toFixed(2),
    rounds,
  }));
  console.table(rows);
}

function keep(outcomes: readonly Outcome[]): void {
  const machine = { kernel: release(), cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
  mkdirSync(inRepository('test/bench/results'), { recursive: true });
  writeFileSync(inRepository('test/bench/results/latest.json'), `${JSON.stringify({ machine, outcomes }, null, 2)}\n`);
}

const runc = new Fixture('runc');
const host = new TestHelper();
const init = runc.start();
try {
  host.start();
  using helper = await Helper.reach(host.socket);
  const outcomes = await compete(helper, init);
  print(outcomes);
  keep(outcomes);
} finally {
  await host.remove();
  runc.stop();
}
