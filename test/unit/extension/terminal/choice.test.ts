import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Choice, entryOf, isPlain, plain, without } from '../../../../extension/terminal/choice.ts';
import { choiceWords, commandWords, outsideWords } from '../../../../extension/terminal/choice-words.ts';

const target = { sandbox: 's1' };

describe('a choice', () => {
  test('becomes what the helper is asked for', () => {
    const choice: Choice = { types: ['net'], user: '0', command: ['ls', '-l'], login: true, environment: { A: 'b' }, tools: '/' };
    assert.deepEqual(entryOf(target, choice, ''), {
      target: { sandbox: 's1', types: ['net'] },
      command: ['ls', '-l'],
      user: '0',
      login: true,
      environment: { A: 'b' },
      tools: '/',
    });
  });

  test('wins over the shell of the settings, and nothing over neither', () => {
    assert.deepEqual(entryOf(target, { command: ['ls'] }, '/bin/fish'), { target, command: ['ls'] });
    assert.deepEqual(entryOf(target, {}, '/bin/fish'), { target, command: ['/bin/fish'] });
    assert.deepEqual(entryOf(target, {}, ''), { target });
  });

  test('that says nothing is none', () => {
    assert.ok(isPlain({}));
    assert.ok(isPlain({ login: false, environment: {} }));
    assert.ok(!isPlain({ user: '0' }));
    assert.deepEqual(plain({ login: false, environment: {}, directory: '/srv' }), { directory: '/srv' });
    assert.deepEqual(without({ types: ['net'], user: '0' }, 'types'), { user: '0' });
  });

  test('is read again only as far as the helper would take it', () => {
    assert.ok(Choice.safeParse({ types: ['net'], user: 'redis' }).success);
    for (const bad of [{ types: [] }, { user: '-1' }, { directory: 'srv' }, { tools: '../..' }, { target }, { environment: { 'A=B': '' } }])
      assert.ok(!Choice.safeParse(bad).success, JSON.stringify(bad));
  });
});

describe('the words for a choice', () => {
  test('say what stays outside', () => {
    assert.equal(outsideWords(['net', 'mnt', 'pid', 'uts', 'ipc']), "user, cgroup and time stay the host's.");
    assert.equal(outsideWords(['net', 'mnt', 'pid', 'user', 'uts', 'ipc', 'cgroup']), "time stays the host's.");
    assert.equal(outsideWords(['net', 'mnt', 'pid', 'user', 'uts', 'ipc', 'cgroup', 'time']), 'Nothing stays outside.');
  });

  test('say only what was chosen', () => {
    assert.equal(choiceWords({ types: ['net', 'pid'], user: 'redis' }), 'only net and pid; user redis');
    assert.equal(choiceWords({ command: ['sh', '-c', 'a b'], directory: '/srv' }), "sh -c 'a b'; in /srv");
    assert.equal(choiceWords({ environment: { A: '1', B: '' }, tools: '/' }), "A=1 B=; this machine's programs");
    assert.equal(choiceWords({ tools: '/opt/root' }), 'those of /opt/root programs');
    assert.equal(choiceWords({ filter: 'own' }), 'its own seccomp filter');
    assert.equal(commandWords({ login: true }), 'a shell, as at login');
  });
});
