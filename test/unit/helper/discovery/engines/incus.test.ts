import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Instance, instanceNames, instanceOf, instancePath } from '../../../../../helper/discovery/engines/incus.ts';
import { parseJson } from '../../../../../helper/discovery/engines/roots.ts';

/** The part that matters of what Incus 6.0 answers. */
const answer = (config: Record<string, string>) =>
  JSON.stringify({
    type: 'sync',
    status: 'Success',
    status_code: 200,
    metadata: { name: 'web', project: 'default', status: 'Running', config },
  });
const namesOf = (config: Record<string, string>) => {
  const instance = parseJson(answer(config), Instance);
  return instance && instanceNames(instance);
};

describe('an instance of Incus', () => {
  it('is called by its name in its project', () => {
    assert.deepEqual(instanceOf('web-1'), { name: 'web-1' });
    assert.deepEqual(instanceOf('shop_web-1'), { name: 'web-1', project: 'shop' });
    assert.equal(instancePath('web-1'), '/1.0/instances/web-1?project=default');
    assert.equal(instancePath('shop_web-1'), '/1.0/instances/web-1?project=shop');
    assert.equal(instancePath('a/b_../x?y'), '/1.0/instances/..%2Fx%3Fy?project=a%2Fb');
  });

  it('has the image that describes itself, or one with a fingerprint, or none', () => {
    const base = { 'volatile.base_image': '0123456789abcdef'.repeat(4) };
    const described = { ...base, 'image.description': 'Debian trixie amd64 (20261201_05:24)', 'image.os': 'Debian' };
    assert.equal(namesOf(described)?.image, 'Debian trixie amd64 (20261201_05:24)');
    assert.equal(namesOf(base)?.image, '0123456789ab');
    assert.deepEqual(namesOf({ 'user.secret': 'x' }), { labels: {} });
  });

  it('is none in an answer of another shape', () => {
    for (const text of ['{"type":"error"}', '{"metadata":{"config":["a"]}}', '{"metadata":{"config":{"a":1}}}', '[]'])
      assert.equal(parseJson(text, Instance), undefined, text);
  });
});
