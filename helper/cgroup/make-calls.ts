// The making of cgroups by the stage: a dozen directories and files cost it as much as one costs the helper.
import { constants } from 'node:fs';
import { here } from '../stage/calls.ts';
import type { Call } from '../stage/program.ts';
import { O_CLOEXEC } from '../sys/flags.ts';
import { readFrom } from './files.ts';
import type { Step } from './layout.ts';

const forWriting = { text: 'O_WRONLY|O_NOFOLLOW|O_CLOEXEC', value: constants.O_WRONLY | constants.O_NOFOLLOW | O_CLOEXEC };

/** A step of v1, whose files say no more about a failure than its errno. A `copy` is of what is there now. */
export function makeCalls(step: Step): Call[] {
  if (step.do === 'mkdir')
    return [
      {
        call: 'mkdirat',
        arguments: [here, step.path, { text: '0755', value: 0o755 }],
        ...(step.shared && { tolerate: ['EEXIST'] }),
      },
    ];
  if (step.do === 'copy') return writeTo(step.path, readFrom(step.from)?.trim() ?? '', false);
  return writeTo(step.path, step.value, step.optional);
}

function writeTo(path: string, value: string, optional: boolean): Call[] {
  const as = path;
  const tolerate = optional ? ({ tolerate: 'all' } as const) : {};
  return [
    { call: 'openat', arguments: [here, path, forWriting, 0], as, ...tolerate },
    { call: 'write', arguments: [{ resultOf: as }, value, value.length], ...tolerate },
    { call: 'close', arguments: [{ resultOf: as }], ...tolerate },
  ];
}
