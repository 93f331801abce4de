// `burrow run`: a command in a sandbox of its own, with this process's streams, and what came of it.
import { stdin, stdout } from 'node:process';
import { onNotification } from '../protocol/calls.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { Report } from '../protocol/report.ts';
import { reportLine } from '../protocol/report-line.ts';
import type { Helper } from './connect.ts';
import { codeOf, connectPipes, connectTerminal, sizeOfTerminal } from './execute.ts';
import { printJson, say } from './print.ts';

/**
 * @param json the report and what the command wrote as one object on stdout, and nothing else
 * @returns the exit code as a shell would give it: 128 and the number for a signal
 */
export async function runSandbox(helper: Helper, definition: Definition, json: boolean): Promise<number> {
  // Nobody else can remove it when this process is killed.
  const own = { ...definition, persist: definition.onExit === 'keep' && definition.persist };
  if (json) {
    const report = await helper.request('sandbox/run', { definition: own });
    printJson(report);
    return codeOf(report);
  }
  const reported = reportOf(helper);
  const isTerminal = stdin.isTTY && stdout.isTTY;
  const { sandbox, streams } = await helper.request('sandbox/open', { definition: own, ...(isTerminal && { size: sizeOfTerminal() }) });
  for (const notice of sandbox.notices) say(notice);
  if ('token' in streams) await connectTerminal(helper, streams.terminal, await helper.stream(streams.token));
  else await connectPipes(helper, streams, reported);
  const report = await reported;
  const line = reportLine(report, definition);
  for (const notice of report.notices.slice(sandbox.notices.length)) say(notice);
  if (line !== undefined) say(line);
  return codeOf(report);
}

function reportOf(helper: Helper): Promise<Report> {
  const reported = new Promise<Report>((resolve, reject) => {
    onNotification(helper.wire, 'sandbox/ended', ({ report }) => resolve(report));
    helper.wire.onClose(() => reject(new Error('the helper ended')));
  });
  reported.catch(() => undefined); // it is waited for only when the streams have ended
  return reported;
}
