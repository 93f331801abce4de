import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { after, before, describe, it } from 'node:test';
import type { Hierarchy } from '../../../../helper/cgroup/hierarchies.ts';
import { take } from '../../../../helper/entry/prepare.ts';
import { probes } from '../../../../helper/entry/probes.ts';
import type { Caller } from '../../../../helper/image/as-caller.ts';
import { isGuarded, type Purpose } from '../../../../helper/plan/plan.ts';
import { Definition, type DefinitionInput } from '../../../../helper/protocol/definition/definition.ts';
import { Handles, type World } from '../../../../helper/sandbox/joins.ts';
import { type Found, lookUp } from '../../../../helper/sandbox/look-up.ts';
import { Records } from '../../../../helper/sandbox/records.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';
import { systemdHost } from '../cgroup/hosts.ts';

const ordinary: Caller = { uid: 1000, gid: 1000, groups: [27] };
/** Whoever runs the tests: only root may look with the rights of somebody else. */
const self: Caller = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: [] };
const root: Caller = { uid: 0, gid: 0, groups: [] };

/** No container runs, and no namespace is asked for by its number. */
const nothing = { discovery: { containers: async () => [], open: () => assert.fail('no namespace is named') }, sandboxes: [], probes };
const world: World = { sandboxes: [], take: target => take(target, nothing) };

interface More {
  readonly purpose?: Purpose;
  readonly hierarchies?: readonly Hierarchy[];
}

describe('lookUp', () => {
  let state = '';
  before(() => {
    state = mkdtempSync(join(tmpdir(), 'burrow-look-up-'));
  });
  after(() => rmSync(state, { recursive: true }));

  async function find(definition: Partial<DefinitionInput>, caller: Caller, more: More = {}): Promise<Found> {
    const { purpose = { kind: 'stay' }, hierarchies = [] } = more;
    using handles = new Handles();
    const premises = {
      records: new Records(state),
      staging: join(state, 'staging'),
      pins: join(state, 'namespaces'),
      unpacked: join(state, 'unpacked'),
      firstTenant: undefined,
      hierarchies,
      hidden: [],
      networks: new Map(),
    };
    const whole = Definition.parse({ name: 'web', network: 'none', ...definition });
    return lookUp('0a1b2c3d', { definition: whole, caller, purpose }, premises, world, [], handles);
  }

  it('gives control groups to what outlives whoever asked for it, also without limits', async () => {
    const inPipes: Purpose = { kind: 'run', terminal: false };
    const groups = async (definition: Partial<DefinitionInput>, purpose?: Purpose): Promise<number> =>
      (await find(definition, self, { hierarchies: systemdHost(), ...(purpose && { purpose }) })).facts.cgroups.places.length;
    const users = { uid: [{ inside: 0, outside: 1000 }], gid: [{ inside: 0, outside: 1000 }] };
    assert.equal(await groups({ users }), 1);
    assert.equal(await groups({ users, onExit: 'keep' }, inPipes), 1);
    assert.equal(await groups({ users }, inPipes), 0);
    assert.equal(await groups({ users, persist: false }), 0);
    assert.equal(await groups({ users, init: 'none', namespaces: { pid: false } }), 1, 'what is run in there ends with it');
  });

  const denied = new Refusal('denied', 'namespaces.user: only root may do without a user namespace.', {
    hint: 'Leave "user" among the namespaces.',
  });

  it('refuses an ordinary caller a sandbox without a user namespace', () =>
    assert.rejects(find({ namespaces: { user: false, net: false } }, ordinary), denied));

  it('refuses the host’s own user namespace by any other name just so', () =>
    assert.rejects(find({ namespaces: { user: `pid:${pid}`, net: false } }, ordinary), denied));

  it('takes the host’s own for none to join, where root names it, and guards the sandbox', async () => {
    const definition = { namespaces: { user: `pid:${pid}`, uts: `pid:${pid}`, net: false } };
    const { facts } = await find(definition, root);
    assert.deepEqual([facts.joined, facts.uids, facts.gids], [{}, [], []]);
    assert.ok(isGuarded(Definition.parse({ name: 'web', ...definition }), facts));
  });

  it('knows what is a file among the sources, and what the disk must not say of ids', async () => {
    const file = join(state, 'file');
    writeFileSync(file, '');
    const bind = (source: string) => ({ type: 'bind', source, path: '/x' }) as const;
    const { facts } = await find({ mounts: [bind(file), bind(state), bind(join(state, 'none'))] }, self);
    assert.deepEqual([...facts.files], [file]);
    await assert.rejects(
      find({ mounts: [bind(file), { ...bind(file), idmap: true }] }, ordinary),
      new Refusal('denied', 'mounts[1].idmap: only root may have ids on a disk other than its own.', { hint: 'Leave idmap out.' }),
    );
  });

  it('names the key of what cannot be joined', () =>
    assert.rejects(
      find({ namespaces: { uts: 'container:none' } }, ordinary),
      (error: unknown) =>
        error instanceof Refusal &&
        error.failure.kind === 'unknown' &&
        error.message === 'namespaces.uts: There is no container called none.',
    ));

  it('says which limits the host cannot keep, and writes nothing', async () => {
    const { notices, traces, facts } = await find({ limits: { memory: '1G', processes: 5 } }, ordinary);
    assert.deepEqual(
      notices.map(each => each.slice(0, each.indexOf(':'))),
      ['limits.memory is not kept', 'limits.processes is not kept'],
    );
    assert.deepEqual(traces, { id: '0a1b2c3d', name: 'web', disks: [...facts.disks] });
    assert.deepEqual(new Records(state).read(), []);
  });

  it('names a profile that is not there, or larger than any', async () => {
    const large = join(state, 'large.json');
    writeFileSync(large, ' '.repeat((1 << 20) + 1), { mode: 0o644 });
    const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: [] };
    await assert.rejects(
      find({ security: { seccomp: { file: large } } }, own),
      new Refusal('invalid', `security.seccomp.file: ${large} is larger than 1024 KiB.`, { subject: large }),
    );
  });
});
