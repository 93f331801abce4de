import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { argumentsOf, isSupervisor, optionOf } from '../../../../../helper/discovery/engines/supervisors.ts';
import { asSupervisor, exampleProcess } from './example.ts';

const words = [
  '/usr/bin/conmon',
  '--api-version',
  '1',
  '-c',
  'e46a',
  '-u',
  'e46b',
  '-b',
  '/run/b',
  '-n',
  'web',
  '--exit-command-arg',
  '-n',
  '--log=x',
];

describe('the command line of what is above a container', () => {
  for (const [names, value] of [
    [['-c'], 'e46a'],
    [['-n', '--name'], 'web'],
    [['--log'], 'x'],
    [['--api-version'], '1'],
    [['--none', '-z'], undefined],
  ] as const)
    it(`has ${names.join(' or ')}`, () => assert.equal(optionOf(words, ...names), value));

  it('may end where a value should be', () => assert.equal(optionOf(['conmon', '-n'], '-n'), undefined));

  it('is read word by word', () => {
    const [program = '', ...rest] = argumentsOf(asSupervisor({}));
    assert.match(program, /node$/);
    assert.ok(rest.some(word => word.endsWith('supervisors.test.js')));
  });

  it('is empty for a process that has ended', () => assert.deepEqual(argumentsOf(exampleProcess()), []));

  it('belongs to a supervisor only by the names of those', () => {
    const are = (names: readonly string[]) => names.filter(name => isSupervisor(exampleProcess({ name })));
    const supervisors = ['containerd-shim', 'conmon', 'conmonrs', 'systemd', 'systemd-nspawn', 'runc', 'runc:[2:INIT]', 'crun'];
    assert.deepEqual(are([...supervisors, 'bash', 'my-conmon', 'systemd-udevd', 'dockerd']), supervisors);
    assert.equal(isSupervisor(exampleProcess({ name: 'lxc-start', command: '[lxc monitor] /var/lib/lxc web' })), true);
  });
});
