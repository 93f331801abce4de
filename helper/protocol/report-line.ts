// What a person is told of a run when it has ended.
import type { Limits } from './definition/limits.ts';
import type { EndedBy, Report } from './report.ts';

const megabytes = (bytes: number): string => `${Math.max(1, Math.round(bytes / 2 ** 20))} MB`;
const seconds = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;

/** `limit of memory, 256 MB` */
const limits: Readonly<Record<EndedBy, (limits: Limits) => string>> = {
  memory: ({ memory }) => `limit of memory${memory === undefined ? '' : `, ${megabytes(memory)}`}`,
  cpuSeconds: ({ cpuSeconds }) => `limit of processor time${cpuSeconds === undefined ? '' : `, ${cpuSeconds} s`}`,
  wallSeconds: ({ wallSeconds }) => `limit of time${wallSeconds === undefined ? '' : `, ${wallSeconds} s`}`,
  fsize: () => 'limit of the size of a file',
};

/** `killed by SIGKILL (limit of memory, 256 MB) · 1.20 s · processor 0.98 s · memory 256 MB` */
export function reportLine(report: Report, definition: { readonly limits: Limits }): string {
  const { exitCode, signal, endedBy, wallSeconds, cpuSeconds, memoryPeakBytes, refusedProcesses } = report;
  const how = signal === undefined ? `exit ${exitCode ?? 0}` : `killed by ${signal}`;
  return [
    endedBy ? `${how} (${limits[endedBy](definition.limits)})` : how,
    seconds(wallSeconds),
    ...(cpuSeconds === undefined ? [] : [`processor ${seconds(cpuSeconds)}`]),
    ...(memoryPeakBytes === undefined ? [] : [`memory ${megabytes(memoryPeakBytes)}`]),
    ...(refusedProcesses ? [`${refusedProcesses} processes refused`] : []),
  ].join(' · ');
}
