import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entered } from '../../../../helper/entry/entered.ts';
import { noticesFor } from '../../../../helper/entry/notices.ts';
import { powersBeside } from '../../../../helper/entry/powers.ts';
import type { EntryPlan } from '../../../../helper/entry/program.ts';
import { namespaceTypes } from '../../../../helper/protocol/model.ts';
import { plan } from './plan.ts';
import { beside, confined, inPlaceOf, resident } from './residents.ts';

const allTypes = namespaceTypes;
const root = { isResident: true, outside: { uid: 0, gid: 0, groups: [] } };

const notices = (entered: Entered, as = root, changes: Partial<EntryPlan> = {}): string[] =>
  noticesFor(entered, as, {
    ...plan,
    types: [...entered.namespaces.keys()],
    command: { ...plan.command, confinement: powersBeside(entered).confinement },
    ...changes,
  });

describe('noticesFor', () => {
  it('says nothing when all eight namespaces are joined', () => assert.deepEqual(notices(inPlaceOf(resident(), ...allTypes)), []));

  it('says which namespaces stay the host’s', () => {
    const joined = (...types: Parameters<typeof inPlaceOf> extends [unknown, ...infer T] ? T : never): string[] =>
      notices(inPlaceOf(resident(), ...types));
    assert.deepEqual(joined('net', 'mnt', 'pid', 'uts', 'ipc'), ["net mnt pid uts ipc of web; user, cgroup and time are the host's"]);
    assert.deepEqual(joined(...allTypes.slice(0, -1)), ["net mnt pid user uts ipc cgroup of web; time is the host's"]);
    assert.deepEqual(joined(), ['web shares all namespaces with the host']);
  });

  it('says what the shell can do that the process cannot', () => {
    const threeThings = beside(resident({ status: confined, label: { text: 'docker-default', attribute: 'exec', value: '' } }), 'net');
    assert.match(
      notices(threeThings, root).at(-1) ?? '',
      /^this shell can do more than nginx: no seccomp filter, \d+ capabilities \(it has 0\), not held by docker-default$/,
    );
    assert.deepEqual(notices(inPlaceOf(resident({ uid: 999 }), ...allTypes), { ...root, isResident: false }), [
      'this shell can do more than nginx: it is root (nginx is user 999)',
    ]);
  });

  it('says that the filter is not the process’s own', () => {
    assert.deepEqual(notices(inPlaceOf(resident({ status: confined }), ...allTypes)), [
      'a seccomp filter of Burrow\'s own holds this shell: to read that of nginx it must be stopped for a moment, which "filter" own does',
    ]);
  });

  it('says what it took to have the process’s own', () => {
    const entered = inPlaceOf(resident({ status: confined }), ...allTypes);
    entered.filters = [Buffer.alloc(8)];
    assert.deepEqual(notices(entered), ['the seccomp filter of nginx holds this shell; to read it nginx was stopped for a moment']);
  });

  it('says where /proc and /sys are of other namespaces', () => {
    const inPart = inPlaceOf(resident(), 'mnt');
    assert.ok(!notices(inPart).some(each => each.startsWith('/proc')));
    inPart.ownTypes = new Set(['mnt', 'pid']);
    assert.equal(notices(inPart).at(-1), '/proc is not of the namespaces that this shell is in');
    assert.equal(notices(beside(resident(), 'pid', 'net'), root).at(-1), '/proc and /sys are not of the namespaces that this shell is in');
  });

  it('says whose programs there are, and where the target’s files are', () => {
    const view = { proc: true, sys: [], files: [], tools: { directory: '/', cover: '/run/burrow' } };
    assert.deepEqual(notices(beside(resident(), 'net', 'pid', 'uts', 'ipc', 'user', 'time', 'cgroup'), root, { view }), [
      "net pid user uts ipc cgroup time of web; mnt is the host's",
      "the programs are this machine's; the files of web are at /run/burrow/target",
    ]);
  });
});
