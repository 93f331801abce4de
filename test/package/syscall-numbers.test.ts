// The numbers of system calls as the headers of each architecture define them that packages are made for.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { arch } from 'node:process';
import { describe, it } from 'node:test';
import { type Architecture, syscallNumbers } from '../../helper/seccomp/syscall-table.ts';

const crossCompilers: Readonly<Record<Architecture, string>> = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' };
const compilerFor = (architecture: Architecture): string => (arch === architecture ? 'cc' : crossCompilers[architecture]);

/** The calls of asm/unistd.h; some numbers are given by way of another name, as __NR3264_fcntl. */
function fromHeaders(compiler: string): Map<string, number> {
  const lines = execFileSync(compiler, ['-E', '-dM', '-'], { input: '#include <asm/unistd.h>\n', encoding: 'utf8' }).split('\n');
  const defined = new Map(
    lines.flatMap(line => (/^#define (__NR\w+) (\w+)$/.exec(line) ? [line.split(' ').slice(1) as [string, string]] : [])),
  );
  const numbers = [...defined].map(([name, text]) => [name.replace(/^__NR_/, ''), Number(defined.get(text) ?? text)] as const);
  // Both are bounds: the number of all calls, and where those of one architecture would begin.
  const bounds = ['syscalls', 'arch_specific_syscall'];
  return new Map(numbers.filter(([name]) => !name.startsWith('__NR') && !bounds.includes(name)));
}

describe('syscallNumbers', () => {
  for (const architecture of ['x64', 'arm64'] as const)
    it(`has every call of the headers of ${architecture}`, () => {
      const ours = syscallNumbers[architecture];
      const theirs = fromHeaders(compilerFor(architecture));
      assert.deepEqual(
        [...theirs].filter(([name, number]) => ours.get(name) !== number),
        [],
        'what the headers say instead',
      );
      const last = Math.max(...theirs.values());
      // Two that x86-64 has added among the old ones.
      const added = ['uretprobe', 'uprobe'];
      assert.deepEqual(
        [...ours].filter(([name, number]) => number <= last && !theirs.has(name) && !added.includes(name)),
        [],
        'what only the table has',
      );
      assert.ok(theirs.size > 250);
    });
});
