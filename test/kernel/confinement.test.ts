// What a confined command may do, asked of the kernel: capabilities, limits, and the answers of its seccomp filter.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { compile } from '../../helper/seccomp/compile.ts';
import { decide } from '../../helper/seccomp/decide.ts';
import { defaultPolicy } from '../../helper/seccomp/default-policy.ts';
import { filterOf } from '../../helper/seccomp/filter.ts';
import { Policy, type PolicyInput, readPolicy } from '../../helper/seccomp/policy.ts';
import { syscallNumbers } from '../../helper/seccomp/syscall-table.ts';
import { type Capability, capabilities, capabilityNumber, lastCapability } from '../../helper/security/capabilities.ts';
import type { Confinement } from '../../helper/security/confine.ts';
import { limit, type Resource, resources } from '../../helper/security/rlimits.ts';
import type { Call } from '../../helper/stage/program.ts';
import { StageFailed } from '../../helper/stage/run.ts';
import { architecture, Staged, type Wanted } from './support/staged.ts';

const here = { architecture, kernel: release(), capabilities: new Set<string>(capabilities) };
const open: Confinement = { limits: {}, noNewPrivileges: false };
const under = (policy: PolicyInput, more: Partial<Confinement> = {}): Confinement => ({
  ...open,
  ...more,
  filter: filterOf(Policy.parse(policy), here),
});
const byDefault: Confinement = { ...open, filter: filterOf(defaultPolicy, here) };
const bits = (names: Iterable<Capability>): string =>
  [...names]
    .reduce((sum, name) => sum | (1n << BigInt(capabilityNumber(name))), 0n)
    .toString(16)
    .padStart(16, '0');

describe('confinement', () => {
  let staged: Staged;
  before(() => {
    staged = new Staged();
  });
  after(() => staged[Symbol.dispose]());

  describe('capabilities', () => {
    const last = lastCapability();
    const kept = new Set<Capability>(['CAP_KILL', 'CAP_NET_BIND_SERVICE', 'CAP_SYS_ADMIN']);
    const nothing = bits([]);
    const filter = filterOf(defaultPolicy, here);
    const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'];
    const setsOf = async (...given: Parameters<Staged['status']>): Promise<(string | undefined)[]> => {
      const status = await staged.status(...given);
      return sets.map(name => status.get(name));
    };
    /** Everything inheritable, and CAP_NET_ADMIN ambient, as a helper could hand them on that was started so. */
    const inherited: readonly Call[] = [
      {
        call: 'capset',
        arguments: [
          { bytes: Buffer.from(new Uint32Array([0x20080522, 0]).buffer), text: 'version 3' },
          { bytes: Buffer.alloc(24, 0xff), text: 'all' },
        ],
      },
      { call: 'prctl', arguments: [{ text: 'PR_CAP_AMBIENT', value: 47 }, { text: 'PR_CAP_AMBIENT_RAISE', value: 2 }, 12, 0, 0] },
    ];

    it('would be inherited without', async () => {
      const all = bits(capabilities.slice(0, last + 1));
      assert.deepEqual(await setsOf(open, { before: inherited }), [all, all, all, all, bits(['CAP_NET_ADMIN'])]);
    });

    for (const noNewPrivileges of [false, true]) {
      for (const names of [kept, new Set<Capability>(), new Set(capabilities)]) {
        for (const withFilter of [false, true]) {
          const confinement = { limits: {}, capabilities: { kept: names, last }, noNewPrivileges, ...(withFilter && { filter }) };
          const what = `${names.size} kept, ${noNewPrivileges ? 'no_new_privs' : 'new privileges'}, ${withFilter ? 'a' : 'no'} filter`;
          it(`are exactly the kept ones for root: ${what}`, async () => {
            const mask = bits([...names].filter(name => capabilityNumber(name) <= last));
            assert.deepEqual(await setsOf(confinement, { before: inherited }), [nothing, mask, mask, mask, nothing]);
          });
          it(`are none for another user: ${what}`, async () => {
            const mask = bits([...names].filter(name => capabilityNumber(name) <= last));
            assert.deepEqual(await setsOf(confinement, { uid: 1000, before: inherited }), [nothing, nothing, nothing, mask, nothing]);
          });
        }
      }
    }

    it('say whether the command has no_new_privs and a filter', async () => {
      const status = await staged.status({ ...byDefault, noNewPrivileges: true });
      assert.deepEqual(
        ['NoNewPrivs', 'Seccomp', 'Seccomp_filters'].map(name => status.get(name)),
        ['1', '2', '1'],
      );
      const free = await staged.status(byDefault);
      assert.deepEqual(
        ['NoNewPrivs', 'Seccomp', 'Seccomp_filters'].map(name => free.get(name)),
        ['0', '2', '1'],
      );
    });
  });

  describe('limits', () => {
    /** The lines of /proc/PID/limits, proc_pid_limits(5). */
    const titles: Readonly<Record<Resource, string>> = {
      as: 'Max address space',
      core: 'Max core file size',
      cpu: 'Max cpu time',
      data: 'Max data size',
      fsize: 'Max file size',
      locks: 'Max file locks',
      memlock: 'Max locked memory',
      msgqueue: 'Max msgqueue size',
      nice: 'Max nice priority',
      nofile: 'Max open files',
      nproc: 'Max processes',
      rss: 'Max resident set',
      rtprio: 'Max realtime priority',
      rttime: 'Max realtime timeout',
      sigpending: 'Max pending signals',
      stack: 'Max stack size',
    };
    const smallest: Readonly<Partial<Record<Resource, number>>> = {
      nice: 0,
      rtprio: 0,
      as: 1 << 30,
      data: 1 << 28,
      fsize: 1 << 20,
      stack: 1 << 20,
    };

    it('are those that were given', async () => {
      const names = Object.keys(resources) as Resource[];
      const limits = Object.fromEntries(names.map((name, at) => [name, smallest[name] ?? { soft: 40 + at, hard: 60 + at }]));
      const { output } = await staged.run({ ...open, limits }, ['/bin/cat', '/proc/self/limits']);
      const said = new Map(
        output.split('\n').map(line => [line.slice(0, 26).trim(), line.slice(26).trim().split(/\s+/).slice(0, 2).join(' ')]),
      );
      for (const [at, name] of names.entries()) {
        const wanted = smallest[name] ?? `${40 + at} ${60 + at}`;
        assert.equal(said.get(titles[name]), typeof wanted === 'number' ? `${wanted} ${wanted}` : wanted, name);
      }
    });

    it('are not lifted inside: EPERM of prlimit64', async () => {
      const run = staged.run({ ...open, limits: { locks: 6 } }, ['/bin/true'], { before: limit({ locks: 5 }) });
      await assert.rejects(
        run,
        (error: unknown) => error instanceof StageFailed && error.syscall === 'prlimit64' && error.errno === 'EPERM',
      );
    });
  });

  describe('the default policy', () => {
    it('refuses everything that it names', async () => {
      const rules = defaultPolicy.syscalls.filter(({ args }) => !args);
      const pairs = rules.flatMap(({ names, errnoRet }) =>
        names.filter(name => syscallNumbers[architecture].has(name)).map(name => [name, errnoRet === 38 ? 'ENOSYS' : 'EPERM'] as const),
      );
      const got = await staged.answers(
        byDefault,
        pairs.map(([name]): Wanted => [name]),
      );
      assert.deepEqual(
        pairs.map(([name], at) => [name, got[at]]),
        pairs.map(pair => [...pair]),
      );
    });

    it('is what refuses it: without, the kernel answers otherwise', async () => {
      // Each is answered before the kernel looks at who asks, or at a sysctl that shuts it.
      const wanted: readonly Wanted[] = [['adjtimex'], ['io_uring_enter', 0xffff_ffff], ['keyctl', 0, 0xffff_fffd, 1], ['add_key', 0]];
      assert.deepEqual(await staged.answers(open, wanted), ['EFAULT', 'EBADF', 'ok', 'EFAULT']);
      assert.deepEqual(await staged.answers(byDefault, wanted), ['EPERM', 'ENOSYS', 'EPERM', 'EPERM']);
    });

    it('refuses to type into a terminal, whatever is in the upper half of the register (CVE-2019-10063)', async () => {
      const wanted: readonly Wanted[] = [0x5412n, 0x1_0000_5412n, 0xffff_ffff_0000_5412n, 0x541cn, 0x8000_0000_0000_541cn, 0x5413n].map(
        request => ['ioctl', 0, `0x${request.toString(16)}`],
      );
      assert.deepEqual(await staged.answers(open, wanted), Array(6).fill('ENOTTY'));
      assert.deepEqual(await staged.answers(byDefault, wanted), [...Array(5).fill('EPERM'), 'ENOTTY']);
    });

    it('has no vsock, and all other sockets', async () => {
      const wanted: readonly Wanted[] = [
        ['socket', 40, 1],
        ['socket', '0x100000028', 1],
        ['socket', 1, 1],
        ['socket', 2, 1],
        ['socket', 16, 3],
      ];
      assert.deepEqual(await staged.answers(byDefault, wanted), ['EAFNOSUPPORT', 'EAFNOSUPPORT', 'ok', 'ok', 'ok']);
    });

    it('leaves namespaces to be learned', async () => {
      const wanted: readonly Wanted[] = [
        ['unshare', 0x20000 + 0x04000000 + 0x08000000 + 0x40000000], // mnt, uts, ipc, net
        ['mount', '@none', '@/', '@none', (1 << 18) + 16384], // MS_PRIVATE | MS_REC
        ['mount', '@none', '@/tmp', '@tmpfs', 0],
        ['mkdirat', 0xffff_ff9c, '@/tmp/old', 0o755],
        ['pivot_root', '@/tmp', '@/tmp/old'],
        ['sethostname', '@inside', 6],
        ['unshare', 0x10000000], // user
      ];
      assert.deepEqual(
        await staged.answers(byDefault, wanted),
        wanted.map(() => 'ok'),
      );
    });

    it('has no x32', { skip: architecture !== 'x64' && 'x32 is of x86-64' }, async () => {
      const { output } = await staged.run(byDefault, [`${staged.folder}/calls`, String(0x4000_0000 + 39)]);
      assert.equal(output, '38\n');
    });
  });

  describe('a policy of somebody else', () => {
    const allowed = [...syscallNumbers[architecture].keys()].filter(name => !['chroot', 'personality', 'uname', 'mount'].includes(name));
    /** In the shape of Docker's: a list of what is allowed, with what depends on capabilities and arguments. */
    const dockerLike: PolicyInput = {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      archMap: [{ architecture: architecture === 'x64' ? 'SCMP_ARCH_X86_64' : 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_X86'] }],
      syscalls: [
        { names: [...allowed, 'arm_fadvise64_64'], action: 'SCMP_ACT_ALLOW' },
        { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0xffff_ffff, op: 'SCMP_CMP_EQ' }] },
        { names: ['chroot'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_CHROOT'] } },
        { names: ['mount'], action: 'SCMP_ACT_ERRNO', errnoRet: 38, excludes: { caps: ['CAP_BPF'] } },
      ],
    };
    const wanted: readonly Wanted[] = [['personality', 0xffff_ffff], ['personality', 0], ['chroot', '@/'], ['mount'], ['uname', 0]];

    it('is obeyed', async () => {
      assert.deepEqual(await staged.answers(under(dockerLike), wanted), ['ok', 'EPERM', 'ok', 'EPERM', 'EPERM']);
      const bare = compile(decide(Policy.parse(dockerLike), { ...here, capabilities: new Set() }), architecture);
      assert.deepEqual(await staged.answers({ ...open, filter: bare }, wanted), ['ok', 'EPERM', 'EPERM', 'ENOSYS', 'EPERM']);
    });

    const podman = '/usr/share/containers/seccomp.json';
    it("may be Podman's own", { skip: !existsSync(podman) && `${podman} is not there` }, async () => {
      const policy = readPolicy(readFileSync(podman, 'utf8'), podman, architecture);
      const filter = filterOf(policy, { ...here, capabilities: new Set() });
      assert.deepEqual(await staged.answers({ ...open, filter }, [['getpid'], ['kexec_load'], ['bpf'], ['unshare', 0x10000000]]), [
        'ok',
        'EPERM',
        'EPERM',
        'ok',
      ]);
    });

    for (const action of ['SCMP_ACT_KILL', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_KILL_THREAD', 'SCMP_ACT_TRAP'] as const) {
      it(`ends the command by SIGSYS with ${action}`, async () => {
        const policy = under({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: ['sync'], action }] });
        const { output, ...ending } = await staged.run(policy, [
          `${staged.folder}/calls`,
          '39',
          String(syscallNumbers[architecture].get('sync')),
        ]);
        assert.deepEqual(ending, { signal: 'SIGSYS' });
        assert.equal(output.split('\n').length, 2, 'only the call before has an answer');
      });
    }

    it('is as good as the default for a user who is not root, with no_new_privs and without', async () => {
      for (const noNewPrivileges of [false, true]) {
        const policy = under(dockerLike, { noNewPrivileges, capabilities: { kept: new Set(), last: lastCapability() } });
        assert.deepEqual(await staged.answers(policy, [['personality', 0], ['getpid']], { uid: 1000 }), ['EPERM', 'ok']);
      }
    });

    /** Past filterOf, which refuses such policies where it can see that. */
    const raw = (...names: readonly string[]): Confinement => {
      const policy = Policy.parse({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: 13 }] });
      return { ...open, filter: compile(decide(policy, here), architecture) };
    };

    it('is named when it keeps the command from being executed', async () => {
      await assert.rejects(
        staged.run(raw('execve'), ['/bin/true']),
        (error: unknown) => error instanceof StageFailed && error.syscall === 'execve' && error.errno === 'EACCES',
      );
      await assert.rejects(
        staged.run(raw('execve', 'exit_group'), ['/bin/true']),
        (error: unknown) => error instanceof StageFailed && error.syscall === 'execve' && error.errno === 'EACCES',
      );
    });

    it('leaves nothing that runs even when it forbids all that the stage could do then', async () => {
      assert.deepEqual(await staged.run(raw('execve', 'write'), ['/bin/true']), { exitCode: 1, output: '' });
    });
  });
});
