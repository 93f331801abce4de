// The numbers that helper/sys writes down, against the kernel headers of this machine.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as flags from '../../../../helper/sys/flags.ts';
import { syscallNumber } from '../../../../helper/sys/syscalls.ts';

const headers = ['ioctls', 'signal', 'socket', 'unistd']
  .map(name => `asm/${name}.h`)
  .concat(
    ['close_range', 'fcntl', 'magic', 'memfd', 'mount', 'nsfs', 'openat2', 'prctl', 'sched', 'securebits', 'wait'].map(
      name => `linux/${name}.h`,
    ),
  );

/** What C makes of each name; one that these headers are too old to have is left out. */
function inC(names: readonly string[]): Map<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'burrow-numbers-'));
  try {
    const program = [
      '#include <stdio.h>',
      ...headers.map(header => `#include <${header}>`),
      'int main(void) {',
      ...names.map(name => `#ifdef ${name}\nprintf("%s %lld\\n", "${name}", (long long)(${name}));\n#endif`),
      'return 0; }',
    ].join('\n');
    const executable = join(folder, 'numbers');
    execFileSync('cc', ['-x', 'c', '-o', executable, '-'], { input: program });
    const lines = execFileSync(executable, { encoding: 'utf8' }).trimEnd().split('\n');
    return new Map(lines.map(line => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(ours: ReadonlyMap<string, number>, atLeast: number): void {
  const theirs = inC([...ours.keys()]);
  const different = [...theirs].filter(([name, value]) => ours.get(name) !== value);
  assert.deepEqual(different, [], 'what the headers say instead');
  assert.ok(theirs.size >= atLeast, `the headers have only ${[...theirs.keys()].join(' ')}`);
}

describe('flags', () => {
  it('are those of the headers', () => {
    const { cloneFlag, cloneFlagName, mountFlags, ...single } = flags;
    const clone = Object.entries(cloneFlag).map(([type, value]) => [cloneFlagName[type as keyof typeof cloneFlagName], value] as const);
    compare(new Map([...clone, ...Object.entries(mountFlags), ...Object.entries(single)]), 40);
  });
});

describe('syscallNumber', () => {
  it('is that of the headers for every call', () => {
    const ours = Object.entries(syscallNumber);
    compare(new Map(ours.map(([name, number]) => [`__NR_${name}`, number])), ours.length);
  });
});
