import type { Limits } from '../../helper/protocol/definition/limits.ts';
import type { EndedBy, Report } from '../../helper/protocol/report.ts';
import { secondsWords, sizeWords } from '../amounts.ts';
import { plural } from '../hostile-text.ts';
import { limitWords } from '../limits.ts';

/** A run whose report is to be read. */
export interface Ended {
  /** The sandbox's name. */
  readonly name: string;
  readonly limits: Limits;
  readonly report: Report;
  /** The person ended it. */
  readonly stopped: boolean;
}

const outcome = ({ exitCode, signal }: Report): string => (signal === undefined ? `exit ${exitCode ?? 0}` : `killed by ${signal}`);

/** `memory limit of web, 256 MB`; without the amount where the host set the limit. */
const limitOf = (what: string, { name, limits }: Ended, key: keyof Limits): string => {
  const amount = limitWords(key, limits);
  return `${what} limit of ${name}${amount === undefined ? '' : `, ${amount}`}`;
};

const endings: Readonly<Record<EndedBy, (ended: Ended) => string>> = {
  memory: ended => `${outcome(ended.report)} (${limitOf('memory', ended, 'memory')})`,
  wallSeconds: ({ limits, report }) => `killed after ${secondsWords(limits.wallSeconds ?? report.wallSeconds)} (limit of wall time)`,
  cpuSeconds: ({ limits, report }) =>
    `killed after ${secondsWords(limits.cpuSeconds ?? report.cpuSeconds ?? report.wallSeconds)} of CPU time (limit of CPU time)`,
  fsize: ended => `${outcome(ended.report)} (limit of the size of a file)`,
};

/** What a limit kept from happening without ending the run. */
function refusals(ended: Ended): string[] {
  const { refusedProcesses = 0, killedForMemory = 0, endedBy } = ended.report;
  return [
    ...(refusedProcesses > 0
      ? [`${plural(refusedProcesses, 'new process was', 'new processes were')} refused (${limitOf('process', ended, 'processes')})`]
      : []),
    ...(killedForMemory > 0 && endedBy !== 'memory'
      ? [`${plural(killedForMemory, 'process was', 'processes were')} killed (${limitOf('memory', ended, 'memory')})`]
      : []),
  ];
}

function figures({ wallSeconds, cpuSeconds, memoryPeakBytes }: Report): string {
  return [
    `${secondsWords(wallSeconds)} wall time`,
    ...(cpuSeconds === undefined ? [] : [`${secondsWords(cpuSeconds)} CPU time`]),
    ...(memoryPeakBytes === undefined ? [] : [`${sizeWords(memoryPeakBytes)} memory at most`]),
  ].join(', ');
}

/** How a run ended and what it took, a line each. */
export function reportLines(ended: Ended): readonly string[] {
  const { report, stopped } = ended;
  const how = report.endedBy ? endings[report.endedBy](ended) : stopped ? 'stopped' : outcome(report);
  return [how, ...refusals(ended), figures(report)];
}
