import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConnectionLost, LaunchFailed, NotRunning, OtherVersion, Refused, Unreadable } from '../../../../extension/helper-client/errors.ts';
import { type Attempt, explain } from '../../../../extension/helper-client/explain.ts';
import type { Failure } from '../../../../helper/protocol/failure.ts';
import { HelperFailure } from '../../../../helper/protocol/helper-failure.ts';

const failed = (failure: Failure) => new HelperFailure(failure);
const message = 'Could not open a terminal in redis-1: it ended a moment ago';
const subject = { kind: 'container', id: 'c1' } as const;
const rows: readonly (readonly [string, unknown, Attempt, string, readonly string[]])[] = [
  ['gone', failed({ kind: 'gone', message }), {}, `${message}.`, ['Refresh']],
  ['unknown', failed({ kind: 'unknown', message: 'There is no sandbox web.' }), {}, 'There is no sandbox web.', ['Refresh']],
  ['denied without root', failed({ kind: 'denied', message }), { privileged: false }, `${message}.`, ['Start Root Helper']],
  ['denied by the policy', failed({ kind: 'denied', message }), { privileged: true }, `${message}.`, ['Show Log']],
  ['no shell', failed({ kind: 'no-command', message }), { subject }, `${message}.`, ['Choose a Command']],
  [
    'no shell, with the root helper',
    failed({ kind: 'no-command', message }),
    { subject, privileged: true },
    `${message}.`,
    ["Use This Machine's Tools", 'Choose a Command'],
  ],
  ['with a hint', failed({ kind: 'taken', message: 'a is taken', hint: 'b is free' }), {}, 'a is taken. b is free.', []],
  [
    'a limit that looks like a full disk',
    failed({ kind: 'system', message: 'x', syscall: 'mount', errno: 'ENOSPC' }),
    {},
    'x. The limit is fs.mount-max in sysctl, not the disk.',
    ['Show Log', 'Copy Details'],
  ],
  [
    'any call without files left',
    failed({ kind: 'system', message: 'x', syscall: 'openat2', errno: 'EMFILE' }),
    {},
    'x. Too many files are open in the helper; restarting it helps.',
    ['Show Log', 'Copy Details'],
  ],
  ['no helper', new NotRunning(), {}, "Burrow's helper is not running.", ['Start Helper']],
  ['a helper that died', new ConnectionLost(), {}, "Burrow's helper stopped before it answered.", ['Start Helper', 'Show Log']],
  [
    'another version',
    new OtherVersion(),
    {},
    'The helper that runs is of another version of Burrow; restart it to go on.',
    ['Restart Helper'],
  ],
  ['no start', new LaunchFailed('sudo said no'), {}, 'sudo said no.', ['Try Again', 'Show Log']],
  ['no sudo', new LaunchFailed('as root', '/usr/bin/node /x/burrow.cjs'), {}, 'as root.', ['Copy Command', 'Try Again', 'Show Log']],
  ['a reason of the extension', new Refused('nothing there'), {}, 'nothing there.', []],
  ['an answer that is none', new Unreadable('no snapshot'), {}, "The helper's answer could not be read.", ['Restart Helper', 'Show Log']],
  ['anything else', new Error('boom\n  at x.ts:1'), {}, 'boom.', ['Show Log']],
  ['no error at all', 'boom', {}, 'boom.', ['Show Log']],
];

describe('an error is explained', () => {
  for (const [title, error, attempt, sentence, buttons] of rows) {
    test(title, () => {
      const explanation = explain(error, attempt);
      assert.equal(explanation.message, sentence);
      assert.deepEqual(
        explanation.buttons.map(each => each.title),
        buttons,
      );
    });
  }

  test('the button that chooses a command is about the same subject', () => {
    const [button] = explain(failed({ kind: 'no-command', message }), { subject }).buttons;
    assert.deepEqual(button, { title: 'Choose a Command', command: 'burrow.terminal.openIn', argument: subject });
  });

  test('hostile text in it is one visible line', () => {
    assert.equal(explain(failed({ kind: 'taken', message: 'a\n\x1b[2Jb' })).message, 'a␊␛[2Jb.');
  });
});
