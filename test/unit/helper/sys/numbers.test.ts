// The numbers that helper/sys writes down, against the kernel headers of this machine.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as flags from '../../../../helper/sys/flags.ts';
import { syscallNumber } from '../../../../helper/sys/syscalls.ts';
import { inC } from '../../../support/headers.ts';

function compare(ours: ReadonlyMap<string, number>, atLeast: number): void {
  const theirs = inC([...ours.keys()]);
  const different = [...theirs].filter(([name, value]) => ours.get(name) !== value);
  assert.deepEqual(different, [], 'what the headers say instead');
  assert.ok(theirs.size >= atLeast, `the headers have only ${[...theirs.keys()].join(' ')}`);
}

describe('flags', () => {
  it('are those of the headers', () => {
    const { bpf, cloneFlag, cloneFlagName, mountFlags, seccompReturn, ...single } = flags;
    const clone = Object.entries(cloneFlag).map(([type, value]) => [cloneFlagName[type as keyof typeof cloneFlagName], value] as const);
    const groups = [mountFlags, bpf, seccompReturn, single].flatMap(group => Object.entries(group));
    compare(new Map([...clone, ...groups]), 70);
  });
});

describe('syscallNumber', () => {
  it('is that of the headers for every call', () => {
    const ours = Object.entries(syscallNumber);
    compare(new Map(ours.map(([name, number]) => [`__NR_${name}`, number])), ours.length);
  });
});
