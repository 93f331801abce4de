import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../helper/protocol/definition/definition.ts';
import type { Failure } from '../../helper/protocol/failure.ts';
import { eventually, patience } from '../support/eventually.ts';
import { inRepository } from '../support/repository.ts';
import { Machine } from './support/machine.ts';

const hint = 'Choose another subnet, or leave the addresses out to get a free one.';

/** A definition that cannot be made here, and the failure it ends with. */
const refusals: readonly { readonly because: string; readonly definition: DefinitionInput; readonly failure: Partial<Failure> }[] = [
  {
    because: 'an address is the host’s own',
    definition: { name: 'web', network: { host: '198.51.100.1/30', address: '198.51.100.2/30' } },
    failure: {
      kind: 'taken',
      message: '198.51.100.0/30 overlaps 198.51.100.1/24, an address of test0.',
      subject: '198.51.100.1/30',
      hint,
    },
  },
  {
    because: 'a subnet overlaps a route',
    definition: { name: 'web', network: { host: '203.0.113.65/28', address: '203.0.113.66/28' } },
    failure: {
      kind: 'taken',
      message: '203.0.113.64/28 overlaps the route to 203.0.113.0/24 over test0.',
      subject: '203.0.113.65/28',
      hint,
    },
  },
  {
    because: 'both ends are not in one subnet',
    definition: { name: 'web', network: { host: '192.0.2.1/30', address: '192.0.2.9/30' } },
    failure: { kind: 'invalid', message: '192.0.2.1/30 and 192.0.2.9/30 are not in one subnet.', subject: '192.0.2.9/30' },
  },
  {
    because: 'the source of a bind mount is not there',
    definition: { name: 'web', mounts: [{ type: 'bind', source: '/no/such', path: '/mnt' }] },
    failure: { kind: 'system', syscall: 'openat2', errno: 'ENOENT', hint: 'The source of the mount does not exist.' },
  },
  {
    because: 'the place of a bind mount is not there',
    definition: { name: 'web', mounts: [{ type: 'bind', source: '/etc', path: '/no/such' }] },
    failure: {
      kind: 'system',
      syscall: 'openat2',
      errno: 'ENOENT',
      hint: 'The path must exist inside before something can be mounted there.',
    },
  },
  {
    because: 'the place of a tmpfs is not there',
    definition: { name: 'web', mounts: [{ type: 'tmpfs', path: '/no/such' }] },
    failure: {
      kind: 'system',
      syscall: 'openat2',
      errno: 'ENOENT',
      hint: 'The path must exist inside before something can be mounted there.',
    },
  },
  {
    because: 'the root directory is not there',
    definition: { name: 'web', root: { directory: '/no/such' } },
    failure: { kind: 'system', syscall: 'openat2', errno: 'ENOENT' },
  },
];

describe('a sandbox that cannot be made', () => {
  let machine: Machine;
  before(async () => {
    // Its own network, so that an address and a route can be added without asking.
    machine = await Machine.start({
      prepare:
        'ip link add test0 type veth peer name test1; ip address add 198.51.100.1/24 dev test0; ip link set test0 up; ip link set test1 up; ip route add 203.0.113.0/24 dev test0',
    });
  });
  afterEach(() => machine.requireClean());
  after(() => machine.stop());

  for (const { because, definition, failure } of refusals)
    it(`says so when ${because}, and leaves the machine as it was`, async () => {
      const said = await machine.failure('sandbox/create', { definition });
      const { message, ...rest } = failure;
      if (message !== undefined) assert.equal(said.message, message);
      else
        assert.match(
          said.message,
          /^Could not make sandbox web: openat2\(AT_FDCWD, "\/no\/such", .*\): it does not exist \(openat2: ENOENT\)\.$/,
        );
      for (const [key, value] of Object.entries(rest)) assert.equal(said[key as keyof Failure], value, key);
      // Not only once the test is over.
      await machine.requireClean();
    });

  it('names the line of the plan at which it failed', async () => {
    const definition = { name: 'web', mounts: [{ type: 'tmpfs' as const, path: '/no/such' }] };
    const { steps } = await machine.call('sandbox/plan', { definition });
    const { step = 0 } = await machine.failure('sandbox/create', { definition });
    assert.equal(steps[step - 1], 'stage   openat2(AT_FDCWD, "/no/such", {flags=O_PATH|O_CLOEXEC, resolve=RESOLVE_NO_MAGICLINKS}, 24)');
  });

  it('says that a name is taken', async () => {
    await machine.create({ name: 'web' });
    assert.deepEqual(await machine.failure('sandbox/create', { definition: { name: 'web' } }), {
      kind: 'taken',
      message: 'There is a sandbox called web already.',
      subject: 'web',
      hint: 'Choose another name, or remove that one.',
    });
  });

  it('makes one of two of the same name at the same time', async () => {
    const both = await Promise.allSettled([machine.create({ name: 'web' }), machine.create({ name: 'web' })]);
    assert.deepEqual(both.map(each => each.status).sort(), ['fulfilled', 'rejected']);
  });

  it('gives back the plan and touches nothing', async () => {
    const { steps } = await machine.call('sandbox/plan', { definition: { name: 'web' } });
    assert.ok(steps.length > 50);
    await machine.requireClean();
    assert.deepEqual(await machine.call('sandbox/list', {}), { sandboxes: [] });
  });
});

describe('a helper that cannot serve', () => {
  const folder = `/run/burrow-kernel-${process.pid}-serve`;
  before(() => mkdirSync(folder, { mode: 0o755 }));
  after(() => rmSync(folder, { recursive: true }));

  /** What it says as it ends. */
  const serve = (socket: string): string => {
    const words = [inRepository('dist/burrow.cjs'), 'serve', '--socket', socket];
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 10_000 * patience });
    assert.equal(status, 1, stderr);
    return stderr;
  };

  it('says that the socket path is too long', () => {
    const socket = `${folder}/${'s'.repeat(120)}.sock`;
    assert.equal(serve(socket), `burrow: The socket path ${socket} is ${socket.length} bytes long; the kernel takes at most 107.\n`);
  });

  it('does not put its socket where others can write', () => {
    mkdirSync(`${folder}/open`);
    chmodSync(`${folder}/open`, 0o777);
    assert.equal(
      serve(`${folder}/open/h.sock`),
      `burrow: ${folder}/open must be a directory of the helper's own user that nobody else can write.\n`,
    );
  });

  it('does not put its socket below a directory of another user, who could put another there', () => {
    mkdirSync(`${folder}/theirs`);
    chownSync(`${folder}/theirs`, 61_002, 61_002);
    assert.equal(
      serve(`${folder}/theirs/a/h.sock`),
      `burrow: ${folder}/theirs, on the way to ${folder}/theirs/a, belongs to another user or can be written by others. Choose a --socket below directories of root.\n`,
    );
  });

  it('takes nothing away that is no socket', () => {
    const path = `${folder}/notes.txt`;
    writeFileSync(path, 'precious');
    const link = `${folder}/link`;
    symlinkSync(path, link);
    for (const each of [path, link])
      assert.equal(serve(each), `burrow: ${each} is there already, and is no socket. Choose another --socket.\n`);
    assert.equal(readFileSync(link, 'utf8'), 'precious');
  });

  it('does not serve another user without root’s rights', () => {
    const words = ['--reuid=61001', '--regid=61001', '--clear-groups', process.execPath, inRepository('dist/burrow.cjs'), 'serve'];
    const { status, stderr } = spawnSync('setpriv', [...words, '--socket', `${folder}/theirs.sock`, '--user', '61002'], {
      encoding: 'utf8',
    });
    assert.equal(stderr, 'burrow: Only a helper of root serves another user, as 61002. Start it with sudo, or without --user.\n');
    assert.equal(status, 1);
  });

  it('does not take the socket of another that answers', async () => {
    const machine = await Machine.start();
    try {
      assert.equal(serve(machine.socket), `burrow: A helper answers on ${machine.socket} already. Stop that one first.\n`);
    } finally {
      await machine.stop();
    }
  });

  it('waits for another that is about to end, and has its directory until then', async () => {
    const machine = await Machine.start();
    try {
      await machine.kill();
      const lock = `${machine.folder}/lock`;
      spawn('flock', ['--no-fork', lock, 'sleep', '0.5'], { stdio: 'ignore' });
      await eventually('the lock', () => spawnSync('flock', ['--nonblock', lock, 'true']).status === 1);
      await machine.startHelper();
    } finally {
      await machine.stop();
    }
  });
});
