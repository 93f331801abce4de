import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingWords, whyNoSandbox } from '../../../../extension/helper-client/features.ts';

const reason = 'a limit of namespaces is reached: user.max_user_namespaces is 0; root raises it with sysctl user.max_user_namespaces=63500';

describe('the features of a machine', () => {
  test('that are missing for one reason are named together', () => {
    const features = {
      'user-namespaces': { available: false, reason },
      overlay: { available: true },
      listns: { available: false, reason: 'too old' },
      sandboxes: { available: false, reason },
      other: { available: false },
    };
    assert.equal(missingWords(features), `user-namespaces and sandboxes (${reason}), listns (too old), other`);
    assert.equal(missingWords({ overlay: { available: true } }), '');
  });

  test('say in one sentence why there is no sandbox and what to do, and nothing when there can be one', () => {
    const ask = (available: boolean, privileged: boolean) =>
      whyNoSandbox({ features: { sandboxes: available ? { available } : { available, reason } }, privileged });
    assert.equal(ask(false, true), `No sandbox with a namespace of each type can be made: ${reason}.`);
    assert.equal(ask(false, false), 'No sandbox can be made: the helper does not run as root. Stop it and start it as root.');
    assert.equal(ask(true, true), undefined);
    assert.equal(whyNoSandbox({ features: {}, privileged: true }), undefined, 'a helper that says nothing of it');
  });
});
