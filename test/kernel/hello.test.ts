import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { protocolVersion } from '../../helper/protocol/methods.ts';
import { version } from '../../helper/version.ts';
import { patience } from '../support/eventually.ts';
import { Machine } from './support/machine.ts';

const greeting = JSON.stringify({ protocol: protocolVersion });
/** In no account file; nothing on the machine is its own. */
const SERVED = 61_001;
const OTHER = 61_002;
const as = (uid: number): string[] => ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];

/** Asks hello from a socket that has an address, the second word. Node can bind none. */
const sneaky = `
  use Socket;
  my ($helper, $own) = @ARGV;
  socket(my $socket, PF_UNIX, SOCK_STREAM, 0) || die "socket: $!";
  bind($socket, pack_sockaddr_un($own)) || die "bind: $!";
  connect($socket, pack_sockaddr_un($helper)) || die "connect: $!";
  unlink $own;
  my $question = '{"jsonrpc":"2.0","id":1,"method":"helper/hello","params":${greeting}}';
  syswrite $socket, "Content-Length: " . length($question) . "\\r\\n\\r\\n$question";
  my $answer = '';
  sysread($socket, $answer, 65536, length $answer) until $answer =~ /}$/;
  print $answer;`;

describe('hello', () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.start({ user: SERVED });
  });
  afterEach(() => machine.requireClean());
  after(() => machine.stop());

  it('says who answers and what this machine can do', async () => {
    const hello = await machine.call('helper/hello', { protocol: protocolVersion });
    assert.equal(hello.pid, machine.pid);
    assert.equal(hello.version, version);
    assert.equal(hello.privileged, true);
    for (const [name, { available, reason }] of Object.entries(hello.features)) assert.equal(available, reason === undefined, name);
  });

  it('refuses another version of the protocol', async () => {
    assert.deepEqual(await machine.failure('helper/hello', { protocol: protocolVersion + 1 }), {
      kind: 'unsupported',
      message: `The helper speaks version ${protocolVersion} of the protocol, and you version ${protocolVersion + 1}.`,
      hint: 'Stop it and start it again.',
    });
  });

  it('answers the user it was started for, and root', () => {
    for (const uid of [SERVED, 0]) {
      const { status, stdout, stderr } = machine.type(['call', 'helper/hello', greeting], { as: as(uid) });
      assert.equal(status, 0, stderr);
      assert.equal(JSON.parse(stdout).pid, machine.pid);
    }
  });

  it('gives no other user a connection', () => {
    const { status, stderr } = machine.type(['call', 'helper/hello', greeting], { as: as(OTHER) });
    assert.equal(status, 1);
    const failure = JSON.parse(stderr);
    assert.deepEqual([failure.syscall, failure.errno], ['connect', 'EACCES']);
    assert.equal(failure.message, `Could not reach ${machine.socket}: it belongs to another user.`);
  });

  it('refuses another user that the socket lets in', () => {
    machine.run('chmod', '666', machine.socket);
    try {
      const { status, stderr } = machine.type(['call', 'helper/hello', greeting], { as: as(OTHER) });
      assert.equal(status, 1);
      assert.deepEqual(JSON.parse(stderr), {
        kind: 'denied',
        message: `This helper does not serve user ${OTHER}; it serves the user who started it.`,
        subject: `uid ${OTHER}`,
      });
    } finally {
      machine.run('chmod', '600', machine.socket);
    }
  });

  it('refuses root of another user namespace', () => {
    machine.run('chmod', '666', machine.socket);
    try {
      const { status, stderr } = machine.type(['call', 'helper/hello', greeting], { as: ['unshare', '--user', '--map-root-user'] });
      assert.equal(status, 1);
      assert.equal(JSON.parse(stderr).message, 'This helper serves no process inside a user namespace of its own.');
    } finally {
      machine.run('chmod', '600', machine.socket);
    }
  });

  // snapd took the last uid of a text that held the client's address (CVE-2019-7304).
  it('does not read a uid out of the address of the client', () => {
    machine.run('chmod', '666', machine.socket);
    try {
      for (const uid of [OTHER, SERVED]) {
        const [command = '', ...rest] = [...as(uid), 'perl', '-e', sneaky, machine.socket, `/tmp/burrow-${process.pid};uid=0;`];
        const { stdout, stderr, status } = spawnSync(command, rest, { encoding: 'utf8', timeout: 10_000 * patience });
        assert.equal(status, 0, stderr);
        if (uid === OTHER) assert.match(stdout, /does not serve user 61002/);
        else assert.match(stdout, /"privileged":true/);
      }
    } finally {
      machine.run('chmod', '600', machine.socket);
    }
  });

  it('refuses params that the schema does not read, naming what is wrong', async () => {
    const wrong = [
      ['namespaces/inspect', { type: 'net' }, 'inode is missing.'],
      ['namespaces/inspect', { type: 'net', inode: -1 }, 'inode must be at least 1.'],
      ['namespaces/snapshot', { uid: 0 }, '"uid" is not a key of namespaces/snapshot.'],
      ['terminal/open', { target: { pid: 1 } }, 'size is missing.'],
      ['sandbox/remove', { sandbox: '' }, 'sandbox must have at least 1 character.'],
      ['sandbox/create', {}, 'The definition is missing.'],
      ['sandbox/create', { definition: { name: 'web', nam: 1 } }, '"nam" is not a key of the definition.'],
    ] as const;
    for (const [method, params, message] of wrong) {
      const failure = await machine.failure(method, params);
      assert.deepEqual(failure, { kind: 'invalid', message });
    }
  });

  it('drops whoever speaks neither JSON-RPC nor a token, and serves on', async () => {
    for (const noise of ['GET / HTTP/1.0\r\n\r\n', 'burrow-stream zz\n'.padEnd(80, 'z'), '\0'.repeat(5000), 'Content-Length: 1\r\n\r\n{']) {
      const socket = connect(machine.socket).resume();
      socket.on('error', () => undefined).end(noise);
      await once(socket, 'close');
    }
    assert.equal((await machine.call('helper/hello', { protocol: protocolVersion })).pid, machine.pid);
  });
});
