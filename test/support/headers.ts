import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// biome-ignore format: a table
const headers = [
  'asm/ioctls.h', 'asm/signal.h', 'asm/socket.h', 'asm/unistd.h', 'linux/audit.h', 'linux/capability.h', 'linux/fcntl.h', 'linux/filter.h',
  'linux/magic.h', 'linux/memfd.h', 'linux/mount.h', 'linux/nsfs.h', 'linux/openat2.h', 'linux/prctl.h', 'linux/resource.h', 'linux/sched.h',
  'linux/seccomp.h', 'linux/securebits.h', 'linux/wait.h',
];

/** What C makes of each name; one that these headers are too old to have is left out. */
export function inC(names: readonly string[]): Map<string, number> {
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
