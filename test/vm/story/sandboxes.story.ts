// Make, limit, run what nobody trusts, and remove: on cgroup v2 alone, whose tree systemd keeps, the limits hold and nothing stays.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { Report } from '../../../helper/protocol/report.ts';
import { isAlive } from '../../support/processes.ts';
import { asAnn, burrow, call, run, stopHelper, type } from './burrow.ts';

const folder = mkdtempSync('/var/tmp/burrow-story-');
after(() => rmSync(folder, { recursive: true, force: true }));
const groups = '/sys/fs/cgroup/burrow';

/** One run of a definition's command, as `burrow run FILE --json` reports it. */
function report(definition: DefinitionInput): Report {
  const file = join(folder, `${definition.name}.burrow.jsonc`);
  writeFileSync(file, JSON.stringify({ root: 'readonly', network: 'none', ...definition }));
  const { stdout, stderr } = type('run', file, '--json');
  assert.ok(stdout.startsWith('{'), stderr);
  return Report.parse(JSON.parse(stdout));
}

const setting = (id: string, file: string): string => readFileSync(join(groups, id, file), 'utf8').trim();

/** Where something is mounted, but for the directories of users who log in: those go some seconds after their sessions. */
const mounts = (): readonly string[] =>
  run('findmnt', '--noheadings', '--list', '--output', 'TARGET')
    .split('\n')
    .filter(path => !path.startsWith('/run/user/'))
    .sort();

describe('sandboxes on this machine', () => {
  const earlier = { links: '', mounts: [] as readonly string[], groups: false };
  before(() => {
    earlier.links = run('ip', '-oneline', 'link');
    earlier.mounts = mounts();
    earlier.groups = existsSync(groups);
    run(burrow, 'serve', '--detach');
  });
  after(stopHelper);

  it('memory: what needs more is killed, and the report says by what', () => {
    const { signal, endedBy } = report({ name: 'memory', limits: { memory: '64M' }, command: ['python3', '-c', 'bytearray(200 << 20)'] });
    assert.deepEqual([signal, endedBy], ['SIGKILL', 'memory']);
  });

  it('processes: what is above is refused, and counted', () => {
    const fork = ['bash', '-c', 'for each in $(seq 20); do sleep 2 & done; wait'];
    assert.ok((report({ name: 'processes', limits: { processes: 10 }, command: fork }).refusedProcesses ?? 0) > 0);
  });

  it('wallSeconds and cpuSeconds end a run', () => {
    assert.equal(report({ name: 'wall', limits: { wallSeconds: 2 }, command: ['sleep', '60'] }).endedBy, 'wallSeconds');
    const busy = ['sh', '-c', 'while :; do :; done'];
    assert.equal(report({ name: 'cpu', limits: { cpuSeconds: 1 }, command: busy }).endedBy, 'cpuSeconds');
  });

  it('limits stay as they are when systemd reads its units anew', async () => {
    const limits = { memory: '128M', cpu: 0.5, processes: 20, ioWeight: 50 };
    const { id, pid, notices } = await call('sandbox/create', { definition: { name: 'limited', limits } });
    const all = (): string[] =>
      ['memory.max', 'cpu.max', 'pids.max', 'io.weight']
        .filter(file => existsSync(join(groups, id, file)))
        .map(file => `${file} ${setting(id, file)}`);
    const set = all();
    assert.deepEqual(set.slice(0, 3), [`memory.max ${128 << 20}`, 'cpu.max 50000 100000', 'pids.max 20']);
    assert.equal(set.length === 4, notices.length === 0, notices.join('\n'));
    run('systemctl', 'daemon-reload');
    assert.deepEqual(all(), set);
    await call('sandbox/remove', { sandbox: id });
    assert.ok(pid !== undefined && !isAlive(pid));
    assert.ok(!existsSync(join(groups, id)));
  });

  it('has a link to the host that answers', async () => {
    const { id, networks } = await call('sandbox/create', { definition: { name: 'linked' } });
    const address = networks[0]?.hostAddress.split('/')[0] ?? '';
    const { status, stdout, stderr } = type('exec', 'sandbox:linked', '--', 'ping', '-c', '1', '-W', '10', address);
    assert.equal(status, 0, stdout + stderr);
    await call('sandbox/remove', { sandbox: id });
  });

  it('a program that nobody trusts has no network, and writes nothing of this machine', () => {
    const script = 'cat /sys/class/net/*/address; touch /etc/story /root/story; touch /tmp/story && echo wrote; exit 5';
    const { exitCode } = report({
      name: 'untrusted',
      mounts: [{ type: 'tmpfs', path: '/tmp', mode: '1777' }],
      command: ['sh', '-c', script],
    });
    assert.equal(exitCode, 5);
    for (const path of ['/etc/story', '/root/story', '/tmp/story']) assert.ok(!existsSync(path), path);
  });

  it('an ordinary user of the helper gets the same', async () => {
    await stopHelper();
    asAnn(`sudo ${burrow} serve --detach`);
    const definition = { name: 'hers', limits: { memory: '64M', processes: 50 }, users: 'auto', command: ['id', '-u'] };
    writeFileSync(join(folder, 'hers.burrow.jsonc'), JSON.stringify(definition));
    run('chmod', '-R', 'a+rX', folder);
    assert.match(asAnn(`${burrow} run ${join(folder, 'hers.burrow.jsonc')}`), /^0$/m);
  });

  it('leaves no link, no mount and no control group', async () => {
    const { sandboxes } = await call('sandbox/list', {});
    assert.deepEqual(sandboxes, []);
    await stopHelper();
    const names = (text: string): string[] => text.split('\n').map(line => line.split(/[:@]/)[1]?.trim() ?? '');
    assert.deepEqual(names(run('ip', '-oneline', 'link')), names(earlier.links));
    assert.deepEqual(mounts(), earlier.mounts);
    assert.deepEqual(earlier.groups ? [] : existsSync(groups) ? readdirSync(groups) : [], []);
  });
});
