import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { another } from '../../../../helper/likeness/another.ts';
import { asValid, freeName } from '../../../../helper/likeness/likeness.ts';
import { ownRlimits, parseRlimits } from '../../../../helper/likeness/limits.ts';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';

describe('freeName', () => {
  it('makes a name of whatever something is called', () => {
    const names = ['Redis_1', '--', 'pid 812', 'a'.repeat(60), '…', 'x\ny', `${'b'.repeat(31)}-c`];
    assert.deepEqual(
      names.map(name => freeName(name, [])),
      ['redis-1', 'sandbox', 'pid-812', 'a'.repeat(32), 'sandbox', 'x-y', 'b'.repeat(31)],
    );
  });

  it('takes the next one that is free', () => {
    assert.equal(freeName('web', ['web', 'web-2']), 'web-3');
    assert.equal(freeName('a'.repeat(40), ['a'.repeat(32)]), `${'a'.repeat(30)}-2`);
  });
});

describe('asValid', () => {
  it('takes out what the schema refuses and says why', () => {
    const { definition, notices } = asValid(
      {
        name: 'web',
        hostname: 'a\nb',
        domainname: 'good',
        mounts: [
          { type: 'tmpfs', path: '/mnt/../etc' },
          { type: 'tmpfs', path: '/mnt' },
        ],
        limits: { memory: 4096 },
      },
      ['before'],
    );
    assert.deepEqual(definition, { name: 'web', domainname: 'good', mounts: [{ type: 'tmpfs', path: '/mnt' }] });
    assert.deepEqual(notices, [
      'before',
      'Left out: hostname must be a host name of at most 64 characters.',
      'Left out: mounts[0].path must not hold "..".',
      'Left out: limits.memory must be at least 1M.',
    ]);
    Definition.parse(definition);
  });
});

const table = (rows: Readonly<Record<string, string>>): ReturnType<typeof parseRlimits> =>
  parseRlimits(
    `Limit                     Soft Limit           Hard Limit           Units     \n${Object.entries(rows)
      .map(
        ([name, values]) =>
          `${name.padEnd(26)}${values
            .split(' ')
            .map(value => value.padEnd(21))
            .join('')}units\n`,
      )
      .join('')}`,
  );

describe('ownRlimits', () => {
  const ours = table({ 'Max cpu time': 'unlimited unlimited', 'Max open files': '1048576 1048576', 'Max stack size': '8388608 unlimited' });

  it('tells what differs', () => {
    const theirs = table({
      'Max cpu time': '60 90',
      'Max open files': '256 256',
      'Max stack size': '8388608 unlimited',
      'Max core file size': '0 0',
    });
    assert.deepEqual(ownRlimits(theirs, ours), { files: 256, rlimits: { cpu: { soft: 60, hard: 90 }, core: 0 } });
  });

  it('does not take the usual soft limit of open files for one of its own', () => {
    assert.deepEqual(ownRlimits(table({ 'Max open files': '1024 1048576' }), ours), {});
    assert.deepEqual(ownRlimits(table({ 'Max open files': '64 1048576' }), ours), { rlimits: { nofile: { soft: 64, hard: 1_048_576 } } });
  });
});

describe('another', () => {
  it('is the same sandbox by a free name, with what differs from the defaults', () => {
    const definition = Definition.parse({
      name: 'web',
      namespaces: ['uts', 'net', 'mnt'],
      network: { host: '10.9.0.1/30', address: '10.9.0.2/30' },
      mounts: [{ type: 'tmpfs', path: '/mnt', size: '1M' }],
      limits: { memory: '64M' },
      security: { umask: '027' },
      environment: { A: 'b' },
    });
    const made = another(definition, ['web']);
    assert.deepEqual(made.notices, ['Its addresses are in use: the sandbox gets others.']);
    const { namespaces, ...rest } = made.definition;
    assert.deepEqual(rest, {
      name: 'web-2',
      network: 'link',
      mounts: [{ type: 'tmpfs', path: '/mnt', size: 1_048_576, mode: '755' }],
      limits: { memory: 67_108_864 },
      security: { umask: '027' },
      environment: { A: 'b' },
    });
    assert.deepEqual(Definition.parse(made.definition), { ...definition, name: 'web-2', network: 'link' });
    assert.deepEqual(namespaces, definition.namespaces);
  });

  it('says nothing of a sandbox that is as all are', () => {
    assert.deepEqual(another(Definition.parse({ name: 'web' }), ['web']).definition, { name: 'web-2' });
  });
});
