import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { arch } from 'node:process';
import { describe, it } from 'node:test';
import { type Architecture, syscallNumbers } from '../../../../helper/seccomp/syscall-table.ts';
import { syscallNumber } from '../../../../helper/sys/syscalls.ts';

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
  for (const architecture of ['x64', 'arm64'] as const) {
    const compiler = compilerFor(architecture);
    const lacks = spawnSync(compiler, ['--version']).error !== undefined;
    it(`has every call of the headers of ${architecture}`, { skip: lacks && `${compiler} is not installed` }, () => {
      const ours = syscallNumbers[architecture];
      const theirs = fromHeaders(compiler);
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
