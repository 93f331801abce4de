// A helper in a pid namespace with few numbers, and processes there that come and go: it is asked to enter them while their
// numbers become others'. Run by reuse.test.ts as a program of its own, that namespace's first; prints a {@link Churned}.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { HelperFailure } from '../../../../helper/protocol/helper-failure.ts';
import type { Target } from '../../../../helper/protocol/target.ts';
import { Machine } from '../../support/machine.ts';
import { compiled } from '../../support/makers/compile.ts';
import { startOf } from './facts.ts';

export interface Churned {
  /** How many numbers were seen to become another process's. */
  readonly reused: number;
  readonly entered: number;
  readonly gone: number;
  readonly wrong: readonly string[];
}

const ALIVE = 60;
const ASKS = 400;
const AT_A_TIME = 4;

interface Seen {
  readonly pid: number;
  readonly start: number;
}

function ready(): Seen[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const start = startOf(Number(name));
        // The name after the time: what has it now had it then, or is another process, which is as well.
        return readFileSync(`/proc/${name}/comm`, 'utf8') === 'ready\n' && startOf(Number(name)) === start
          ? [{ pid: Number(name), start }]
          : [];
      } catch {
        return []; // ended in the meantime
      }
    });
}

async function main(): Promise<Churned> {
  const machine = await Machine.start();
  const churn = spawn(compiled('churn'), [`${ALIVE}`], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = once(churn, 'exit');
  const starts = new Map<number, number>();
  const stale: Seen[] = [];
  let [reused, entered, gone] = [0, 0, 0];
  const wrong: string[] = [];
  const isRight = (said: string, { pid, start }: Seen, knowsStart: boolean): boolean =>
    knowsStart ? said === `${pid}-${start}\n` : said.startsWith(`${pid}-`);

  async function ask(seen: Seen, knowsStart: boolean): Promise<void> {
    const target: Target = { pid: seen.pid, ...(knowsStart && { start: seen.start }), types: ['uts'] };
    try {
      const { stdout, exitCode, signal } = await machine.call('process/run', { target, command: ['hostname'] });
      if (exitCode === 0 && isRight(stdout, seen, knowsStart)) entered++;
      // Whoever has the number may not have named itself yet, or be no process of these.
      else if (knowsStart) wrong.push(`${JSON.stringify(target)}: ${exitCode ?? signal} ${stdout}`);
    } catch (error) {
      if (!(error instanceof HelperFailure)) throw error;
      if (error.failure.kind === 'gone') gone++;
      else wrong.push(`${JSON.stringify(target)}: ${JSON.stringify(error.failure)}`);
    }
  }

  for (let asked = 0; asked < ASKS; asked += 2 * AT_A_TIME) {
    const now = ready();
    for (const { pid, start } of now) {
      if (starts.has(pid) && starts.get(pid) !== start) reused++;
      starts.set(pid, start);
    }
    // The youngest have the longest to live; those of before have left their numbers to others, or are about to.
    const youngest = now.toSorted((a, b) => b.start - a.start).slice(0, AT_A_TIME);
    await Promise.all([...youngest.map(each => ask(each, true)), ...stale.splice(0, AT_A_TIME).map(each => ask(each, true))]);
    stale.push(...now.toSorted((a, b) => a.start - b.start).slice(0, AT_A_TIME));
  }
  churn.stdin.end();
  await ended;
  await machine.stopClean();
  return { reused, entered, gone, wrong };
}

process.stdout.write(JSON.stringify(await main()));
