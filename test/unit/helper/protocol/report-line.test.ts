import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Limits } from '../../../../helper/protocol/definition/limits.ts';
import type { Report } from '../../../../helper/protocol/report.ts';
import { reportLine } from '../../../../helper/protocol/report-line.ts';

const MB = 1 << 20;
const lines: readonly (readonly [Partial<Report>, Limits, string])[] = [
  [{ exitCode: 0 }, {}, 'exit 0 · 1.20 s'],
  [{ exitCode: 7, cpuSeconds: 0.976, memoryPeakBytes: 3.6 * MB }, {}, 'exit 7 · 1.20 s · processor 0.98 s · memory 4 MB'],
  [{ exitCode: 0, wallSeconds: 12.345 }, {}, 'exit 0 · 12.3 s'],
  // Not 0 MB: something was used.
  [{ exitCode: 0, memoryPeakBytes: 4096 }, {}, 'exit 0 · 1.20 s · memory 1 MB'],
  [{ signal: 'SIGSEGV' }, {}, 'killed by SIGSEGV · 1.20 s'],
  [{ signal: 'SIGKILL', endedBy: 'memory' }, { memory: 256 * MB }, 'killed by SIGKILL (limit of memory, 256 MB) · 1.20 s'],
  [{ signal: 'SIGKILL', endedBy: 'memory' }, {}, 'killed by SIGKILL (limit of memory) · 1.20 s'],
  [{ signal: 'SIGKILL', endedBy: 'wallSeconds' }, { wallSeconds: 0.5 }, 'killed by SIGKILL (limit of time, 0.5 s) · 1.20 s'],
  [{ signal: 'SIGXCPU', endedBy: 'cpuSeconds' }, { cpuSeconds: 2 }, 'killed by SIGXCPU (limit of processor time, 2 s) · 1.20 s'],
  [{ signal: 'SIGXFSZ', endedBy: 'fsize' }, { rlimits: { fsize: 1 } }, 'killed by SIGXFSZ (limit of the size of a file) · 1.20 s'],
  [{ exitCode: 1, refusedProcesses: 3 }, { processes: 9 }, 'exit 1 · 1.20 s · 3 processes refused'],
  [{ exitCode: 1, refusedProcesses: 0 }, { processes: 9 }, 'exit 1 · 1.20 s'],
];

describe('reportLine', () => {
  for (const [report, limits, line] of lines)
    it(`writes ${line}`, () => assert.equal(reportLine({ wallSeconds: 1.2, notices: [], ...report }, { limits }), line));
});
