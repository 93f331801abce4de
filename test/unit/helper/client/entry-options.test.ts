import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { entryOf } from '../../../../helper/client/entry-options.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

describe('entryOf', () => {
  it('says in the words of the protocol what was said on the command line', () => {
    const given = { user: 'nobody', workdir: '/srv', env: ['A=b=c', 'B='], login: true, tools: '/' };
    assert.deepEqual(entryOf(given), { user: 'nobody', directory: '/srv', environment: { A: 'b=c', B: '' }, login: true, tools: '/' });
    assert.deepEqual(entryOf({}), {});
  });

  it('takes a variable over from here by its name alone, and none that is not here', () => {
    process.env['BURROW_TEST_HERE'] = 'yes';
    assert.deepEqual(entryOf({ env: ['BURROW_TEST_HERE', 'BURROW_TEST_NOT_HERE'] }), { environment: { BURROW_TEST_HERE: 'yes' } });
    delete process.env['BURROW_TEST_HERE'];
  });

  it('knows one filter', () => {
    assert.deepEqual(entryOf({ filter: 'own' }), { filter: 'own' });
    assert.throws(() => entryOf({ filter: 'none' }), new Refusal('invalid', '"none" is no filter: use own.', { subject: 'none' }));
  });

  it('refuses what is no variable', () => {
    assert.throws(() => entryOf({ env: ['=x'] }), new Refusal('invalid', '"=x" is no variable: use NAME=VALUE.', { subject: '=x' }));
  });
});
