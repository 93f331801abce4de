import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bySystemd, oldestOf, unitOfCgroup } from '../../../../../helper/discovery/engines/systemd.ts';
import { exampleProcess, factsOf } from './example.ts';

const user = '/user.slice/user-1000.slice/user@1000.service';

describe('the services of systemd', () => {
  for (const [path, name, uid, unit] of [
    ['/system.slice/nginx.service', 'nginx.service', 0, '/system.slice/nginx.service'],
    ['/system.slice/system-getty.slice/getty@tty1.service', 'getty@tty1.service', 0, '/system.slice/system-getty.slice/getty@tty1.service'],
    ['/system.slice/systemd-udevd.service/udev', 'systemd-udevd.service', 0, '/system.slice/systemd-udevd.service'],
    [`${user}/app.slice/pipewire.service`, 'pipewire.service', 1000, `${user}/app.slice/pipewire.service`],
  ] as const)
    it(`are known by ${path}`, () => assert.deepEqual(unitOfCgroup(['/', path]), { name, uid, path: unit }));

  for (const path of [
    '/',
    '/init.scope',
    `${user}/init.scope`,
    `${user}/app.slice/app-gnome-x-123.scope`,
    '/user.slice/user-1000.slice/session-2.scope',
  ])
    it(`are not in ${path}`, () => assert.equal(unitOfCgroup([path]), undefined));

  it('are named by their oldest process only', () => {
    const processes = new Map([30, 10, 20].map((start, index) => [index + 2, exampleProcess({ pid: index + 2, start })]));
    assert.equal(oldestOf([2, 3, 4], processes), 3);
    assert.equal(oldestOf([2, 4, 99], processes), 4);
    assert.equal(oldestOf([], processes), undefined);
  });

  it('are only what systemd is the parent of, in a cgroup that is there', () => {
    const init = exampleProcess();
    const cgroups = ['/system.slice/no-such-unit-of-burrow.service'];
    assert.equal(bySystemd(factsOf({ init, parent: exampleProcess({ pid: 1, name: 'bash' }), cgroups })), undefined);
    assert.equal(bySystemd(factsOf({ init, parent: exampleProcess({ pid: 1, name: 'systemd' }), cgroups })), undefined);
  });
});
