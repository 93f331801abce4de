import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attribute, nested, parseAttributes, text, textOf, u32 } from '../../../../helper/sys/netlink-messages.ts';

describe('attribute', () => {
  it('counts itself without the padding, and is padded to four bytes', () => {
    assert.equal(attribute(3, text('eth0')).toString('hex'), '09000300657468300000' + '0000');
    assert.equal(attribute(1, u32(0x0102_0304)).toString('hex'), '0800010004030201');
    assert.equal(attribute(2, Buffer.alloc(0)).toString('hex'), '04000200');
  });
});

describe('u32', () => {
  it('takes the highest number', () => assert.equal(u32(0xffff_ffff).toString('hex'), 'ffffffff'));
});

describe('parseAttributes', () => {
  it('reads back what was written, however it was padded', () => {
    const written = Buffer.concat([
      Buffer.alloc(16),
      attribute(3, text('lo')),
      nested(18, attribute(1, text('veth')), attribute(2, u32(7))),
    ]);
    const found = parseAttributes(written, 16);
    assert.deepEqual([...found.keys()], [3, 18]);
    assert.equal(textOf(found.get(3)), 'lo');
    const inner = parseAttributes(found.get(18) ?? Buffer.alloc(0), 0);
    assert.equal(textOf(inner.get(1)), 'veth');
    assert.equal(inner.get(2)?.readUInt32LE(), 7);
  });

  it('drops the flags for nested and byte order', () => {
    assert.deepEqual([...parseAttributes(attribute(0x8000 | 18, Buffer.alloc(0)), 0).keys()], [18]);
    assert.deepEqual([...parseAttributes(attribute(0x4000 | 5, Buffer.alloc(0)), 0).keys()], [5]);
  });

  it('ends at an attribute that is shorter than its head', () => {
    assert.deepEqual([...parseAttributes(Buffer.from('0000030000000000', 'hex'), 0).keys()], []);
  });
});

describe('textOf', () => {
  it('ends at the first NUL', () => assert.equal(textOf(Buffer.from('eth0\0rest')), 'eth0'));
  it('keeps a newline in a name', () => assert.equal(textOf(Buffer.from('a\nb\0')), 'a\nb'));
  it('is undefined for an attribute that is not there', () => assert.equal(textOf(undefined), undefined));
});
