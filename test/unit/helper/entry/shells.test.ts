import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attemptsFor, shells } from '../../../../helper/entry/shells.ts';

const plain = { command: undefined, login: false, integration: false, canHaveDirectory: () => true };

describe('attemptsFor', () => {
  it('tries the account’s own shell first, and then those that there usually are', () => {
    const attempts = attemptsFor(plain, '/usr/bin/fish');
    assert.deepEqual(attempts[0], { program: '/usr/bin/fish', words: ['/usr/bin/fish'] });
    assert.deepEqual(
      attempts.slice(1).map(({ words }) => words),
      shells,
    );
  });

  it('names a login shell with a dash', () => {
    assert.deepEqual(attemptsFor({ ...plain, login: true }, '/bin/zsh')[0], { program: '/bin/zsh', words: ['-zsh'] });
    assert.deepEqual(attemptsFor({ ...plain, login: true, command: ['/bin/dash'] }, undefined), [
      { program: '/bin/dash', words: ['-dash'] },
    ]);
  });

  it('integrates a shell that is asked for by its path, and no other command', () => {
    const wish = { ...plain, integration: true };
    const [bash] = attemptsFor({ ...wish, command: ['/usr/local/bin/bash'] }, undefined);
    assert.equal(bash?.environment?.['PROMPT_COMMAND'], 'eval "$BURROW_SHELL_INTEGRATION"');
    assert.equal(attemptsFor({ ...wish, command: ['/bin/zsh'] }, undefined)[0]?.hasStartupDirectory, true);
    assert.deepEqual(attemptsFor({ ...wish, command: ['zsh'], canHaveDirectory: () => false }, undefined), [
      { program: 'zsh', words: ['zsh'] },
    ]);
    assert.deepEqual(attemptsFor({ ...wish, command: ['/bin/bash', '-c', 'true'] }, undefined), [
      { program: '/bin/bash', words: ['/bin/bash', '-c', 'true'] },
    ]);
    assert.equal(attemptsFor({ ...wish, command: ['/bin/sh'] }, undefined)[0]?.environment, undefined);
  });
});
