import assert from 'node:assert/strict';
import { arch } from 'node:process';
import { describe, it } from 'node:test';
import { syscallNumbers } from '../../../../helper/seccomp/syscall-table.ts';
import { syscallNumber } from '../../../../helper/sys/syscalls.ts';

describe('syscallNumbers', () => {
  for (const architecture of ['x64', 'arm64'] as const) {
    it(`gives each number of ${architecture} one name`, () => {
      const numbers = [...syscallNumbers[architecture].values()];
      assert.equal(new Set(numbers).size, numbers.length);
    });
  }

  it('agrees with what the stage calls', () => {
    const ours = syscallNumbers[arch === 'arm64' ? 'arm64' : 'x64'];
    for (const [name, number] of Object.entries(syscallNumber)) assert.equal(ours.get(name), number, name);
  });
});
