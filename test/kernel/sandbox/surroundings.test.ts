// A sandbox is the same whoever started the helper, and however.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Machine } from '../support/machine.ts';

/** Shell lines before the helper begins. */
const starts: readonly (readonly [what: string, prepare: string])[] = [
  ['with a umask of 077', 'umask 077'],
  ['with signals ignored', "trap '' INT QUIT HUP PIPE USR1 TERM"],
  ['with an environment of its own', 'export BURROW_SECRET=1 LD_PRELOAD= BASH_ENV=/etc/profile'],
  ['in a directory that is gone', 'mkdir -m 700 /run/burrow-kernel-gone; cd /run/burrow-kernel-gone; rmdir /run/burrow-kernel-gone'],
  ['as nice as can be', 'renice -n 5 $$ >/dev/null'],
];

describe('a helper that was started', () => {
  let machine: Machine | undefined;
  afterEach(async () => {
    await machine?.stop();
    machine = undefined;
  });

  const script = [
    'umask; pwd -P; stat -c %a / /tmp /dev /dev/shm /run /dev/null; stat -c "%a %s" /run/file',
    'env | cut -d= -f1 | sort | tr "\\n" " "; echo',
    "grep -E '^(SigBlk|SigIgn)' /proc/self/status",
    'ls /proc/self/fd | wc -l',
  ].join('; ');
  const modes = '755\n1777\n755\n1777\n755\n666\n666 2\n';

  for (const [what, prepare] of starts)
    it(`${what} makes the same sandboxes`, async () => {
      machine = await Machine.start({ prepare });
      const definition = {
        name: 'web',
        network: 'none' as const,
        root: 'empty' as const,
        environment: { PATH: '/usr/bin:/bin' },
        mounts: [
          ...['/usr', '/bin', '/lib', '/lib64', '/etc'].map(path => ({ type: 'bind' as const, source: path, path })),
          { type: 'tmpfs' as const, path: '/tmp', mode: '1777' },
          { type: 'file' as const, path: '/run/file', content: 'x\n', mode: '666' },
        ],
      };
      const wanted = new RegExp(
        `^0022\\n/\\n${modes}HOME LANG PATH PWD (?:SHLVL )?USER (?:_ )?\\nSigBlk:\\t0{16}\\nSigIgn:\\t0{16}\\n4\\n$`,
      );
      const run = await machine.call('sandbox/run', { definition: { ...definition, command: ['sh', '-c', script] } });
      assert.match(run.stdout, wanted, run.stderr);
      await machine.create(definition);
      const later = await machine.call('process/run', { target: { sandbox: 'web' }, command: ['sh', '-c', script] });
      assert.match(later.stdout, wanted, later.stderr);
      await machine.requireClean();
    });
});
