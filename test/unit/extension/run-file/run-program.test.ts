import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runDefinition } from '../../../../extension/run-file/definition.ts';
import { runProgram, type Sandboxes } from '../../../../extension/run-file/run-program.ts';
import { type EndedRun, Runs } from '../../../../extension/runs.ts';
import type { Report } from '../../../../helper/protocol/report.ts';
import { web } from '../example.ts';

const report: Report = { wallSeconds: 5.01, signal: 'SIGKILL', endedBy: 'wallSeconds', notices: [] };
const limits = { memory: '', processes: 0, cpuSeconds: 0, wallSeconds: 5 };

/** A session that answers, and the program in it. */
function begin() {
  const requests: [string, unknown][] = [];
  const runs = new Runs();
  let ended: ((run: EndedRun) => void) | undefined;
  const session = {
    runs,
    request: async (method: string, params: unknown) => {
      requests.push([method, params]);
      return method === 'sandbox/open'
        ? { sandbox: { ...web, notices: ['no limit of swap here'] }, streams: { terminal: 't1', token: 'x' } }
        : {};
    },
    onDidEndRun: (handler: (run: EndedRun) => void) => {
      ended = handler;
      return { dispose: () => {} };
    },
    takeIn: () => {},
  };
  const program = runProgram(session as unknown as Sandboxes, {
    program: 'a.out',
    define: () => runDefinition('/x/a.out', ['/x/a.out'], 'run-a-out', limits),
    notices: ['no network'],
  });
  return { program, requests, runs, end: (run: EndedRun) => ended?.(run) };
}
const size = { columns: 80, rows: 24 };

describe('a run in a terminal', () => {
  test('is a sandbox of its own with a terminal, under way until its report comes', async () => {
    const { program, requests, runs, end } = begin();
    assert.deepEqual(await program.start(size), {
      terminal: 't1',
      token: 'x',
      notices: ['no network', 'no limit of swap here'],
      id: 's1',
    });
    assert.deepEqual(
      requests.map(([method]) => method),
      ['sandbox/open'],
    );
    const { began: _, ...run } = runs.of('s1') ?? {};
    assert.deepEqual(run, { sandbox: 's1', program: 'a.out', wallSeconds: 5 });

    const told = new Promise(resolve => program.onDidEnd(async (id, ending) => resolve([id, ...(await program.farewell(ending)).lines])));
    end(runs.end('s1', report));
    assert.deepEqual(await told, ['s1', 'killed after 5 s (limit of wall time)', '5.01 s wall time']);
    assert.deepEqual([runs.underWay, runs.lastReport], [[], report]);
  });

  test('stays on the screen, however it ended', () => {
    const { program } = begin();
    const ending = { definition: undefined, report: { wallSeconds: 1, exitCode: 0, notices: [] }, stopped: false };
    assert.deepEqual(program.farewell(ending), { lines: ['exit 0', '1 s wall time'], closes: false });
    assert.deepEqual(program.farewell(undefined), { lines: ['the helper has stopped'], closes: false });
    assert.equal(program.offer, 'any key closes, Enter runs it again');
  });

  test('goes with all that it started when its terminal is closed', async () => {
    const { program, requests } = begin();
    await program.hangUp(await program.start(size));
    assert.deepEqual(requests.at(-1), ['sandbox/remove', { sandbox: 's1' }]);
  });

  test('says when the person stopped it, and only of that one', async () => {
    const { program, runs, end } = begin();
    await program.start(size);
    const stopped: boolean[] = [];
    program.onDidEnd((_, ending) => stopped.push(ending.stopped));
    runs.stop('s1');
    end(runs.end('s1', report));
    end(runs.end('s2', report));
    assert.deepEqual(stopped, [true, false]);
  });
});
