import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { reportLines } from '../../../../extension/run-file/report-words.ts';
import type { Limits } from '../../../../helper/protocol/definition/limits.ts';
import type { Report } from '../../../../helper/protocol/report.ts';

const limits: Limits = { memory: 2 ** 28, processes: 64, cpuSeconds: 2, wallSeconds: 5 };
const lines = (report: Partial<Report>, more: { stopped?: boolean; limits?: Limits } = {}): readonly string[] =>
  reportLines({ name: 'run-it', limits, stopped: false, ...more, report: { wallSeconds: 1.234, notices: [], ...report } });

describe('the end of a run', () => {
  test('is its exit code or its signal, and what it took', () => {
    assert.deepEqual(lines({ exitCode: 0, cpuSeconds: 0.5, memoryPeakBytes: 24 * 2 ** 20 }), [
      'exit 0',
      '1.23 s wall time, 0.5 s CPU time, 24 MB memory at most',
    ]);
    assert.deepEqual(lines({ signal: 'SIGSEGV' }), ['killed by SIGSEGV', '1.23 s wall time']);
  });

  const rows: readonly (readonly [Partial<Report>, string])[] = [
    [{ signal: 'SIGKILL', endedBy: 'memory', killedForMemory: 1 }, 'killed by SIGKILL (memory limit of run-it, 256 MB)'],
    [{ exitCode: 137, endedBy: 'memory', killedForMemory: 1 }, 'exit 137 (memory limit of run-it, 256 MB)'],
    [{ signal: 'SIGKILL', endedBy: 'wallSeconds' }, 'killed after 5 s (limit of wall time)'],
    [{ signal: 'SIGKILL', endedBy: 'cpuSeconds' }, 'killed after 2 s of CPU time (limit of CPU time)'],
    [{ signal: 'SIGXFSZ', endedBy: 'fsize' }, 'killed by SIGXFSZ (limit of the size of a file)'],
  ];
  for (const [report, line] of rows) test(`names the limit that ended it: ${report.endedBy}`, () => assert.equal(lines(report)[0], line));

  test('tells of what a limit kept from happening', () => {
    assert.deepEqual(lines({ exitCode: 1, refusedProcesses: 12 }).slice(0, -1), [
      'exit 1',
      '12 new processes were refused (process limit of run-it, 64)',
    ]);
    assert.deepEqual(lines({ exitCode: 1, killedForMemory: 1 }).slice(0, -1), [
      'exit 1',
      '1 process was killed (memory limit of run-it, 256 MB)',
    ]);
  });

  test('is that somebody stopped it, but for a limit that was quicker', () => {
    assert.equal(lines({ signal: 'SIGKILL' }, { stopped: true })[0], 'stopped');
    assert.equal(lines({ signal: 'SIGKILL', endedBy: 'wallSeconds' }, { stopped: true })[0], 'killed after 5 s (limit of wall time)');
  });

  test('goes without amounts that nobody set', () => {
    assert.equal(lines({ signal: 'SIGKILL', endedBy: 'memory' }, { limits: {} })[0], 'killed by SIGKILL (memory limit of run-it)');
  });
});
