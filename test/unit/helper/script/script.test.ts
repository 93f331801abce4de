import assert from 'node:assert/strict';
import { execFileSync, type StdioOptions } from 'node:child_process';
import { describe, it } from 'node:test';
import { Definition, type DefinitionInput } from '../../../../helper/protocol/definition/definition.ts';
import { type ScriptFacts, scriptFor } from '../../../../helper/script/script.ts';
import { fileOf, quote } from '../../../../helper/script/text.ts';

const facts: ScriptFacts = {
  uid: 1000,
  gid: 1000,
  groups: [27],
  uids: [{ inside: 0, outside: 1000, count: 1 }],
  gids: [{ inside: 0, outside: 1000, count: 1 }],
  network: { hostLink: 'bw-0a1b2c3d', hostAddress: '10.201.0.1/30', link: 'eth0', address: '10.201.0.2/30' },
  joins: {},
  cgroups: { make: [], inside: [] },
  disks: [],
};
const script = (definition: Partial<DefinitionInput>, changes: Partial<ScriptFacts> = {}): string =>
  scriptFor(Definition.parse({ name: 'web', ...definition }), { ...facts, ...changes });

const everyByte = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).join('');
const hostile = [
  '',
  '-n',
  '~',
  '$(touch /tmp/x)',
  '`id`',
  "a'b",
  `'"'"'`,
  'a\nb\n\n',
  '\n',
  'END\nEND_\nrm -rf /\n',
  '\u001b[201~\u0003rm -rf /\n',
  'tab\there %s \\n \\\\ %%',
  '\u009b31m',
  'é😀',
  '*?[a]{1,2}!^#',
  everyByte,
  "\u0001'$(id)'\n",
];

describe('quote', () => {
  for (const shell of ['sh', 'bash'])
    it(`is one word of ${shell} that means the same`, () => {
      for (const text of hostile) {
        // With a socket as its input bash would read its startup files, as under rshd (bash(1), INVOCATION).
        const stdio: StdioOptions = ['ignore', 'pipe', 'inherit'];
        const said = execFileSync(shell, ['-euc', `printf '%s\\0' ${quote(text)} end`], { encoding: 'utf8', stdio });
        assert.deepEqual(said.split('\0'), [text, 'end', ''], JSON.stringify(text));
      }
    });

  it('shows a terminal no control character but newlines', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    for (const text of hostile) assert.doesNotMatch(quote(text), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('leaves plain words as they are', () => {
    assert.deepEqual(['/usr/bin/x', 'a=b', '10.0.0.1/8'].map(quote), ['/usr/bin/x', 'a=b', '10.0.0.1/8']);
  });
});

describe('fileOf', () => {
  it('writes lines that no value among them can end', () => {
    const lines = ['first', ...hostile.filter(text => !text.includes('\r') && text !== '')];
    const said = execFileSync('sh', ['-euc', ['{', ...fileOf('/dev/stdout', lines), '} | cat'].join('\n')], { encoding: 'utf8' });
    assert.equal(said, `${lines.join('\n')}\n`);
  });
});

describe('scriptFor', () => {
  /** Every key that takes text of any kind. */
  const withText = (text: string): Partial<DefinitionInput> => {
    const path = `/${text.replaceAll('..', '')}x`;
    return {
      root: { directory: path },
      mounts: [
        { type: 'bind', source: path, path },
        { type: 'tmpfs', path },
        { type: 'overlay', lower: [path, path], path },
        { type: 'file', path, content: text },
        { type: 'mask', path },
        { type: 'readonly', path },
        { type: 'cgroup2', path },
      ],
      environment: { [text.replaceAll('=', '') || 'x']: text },
      directory: path,
      command: [text, text],
    };
  };

  it('is a script for sh, whatever a definition holds', () => {
    for (const text of hostile) {
      const made = script(withText(text), { disks: [`/${text}`], joins: {} });
      execFileSync('sh', ['-n'], { input: made });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
      assert.doesNotMatch(made, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }
    for (const root of ['host', 'readonly', 'empty', { archive: "/a'b" }, { image: '/i' }] as const)
      execFileSync('sh', ['-n'], { input: script({ root }) });
  });

  it('executes nothing of what it holds before it is run as what it is', () => {
    // The parts that are files of their own are scripts too.
    for (const text of hostile) {
      const parts = script(withText(text)).matchAll(/^cat >"\$work\/(\w+)" <<'(END_*)'\n(.*?)\n\2$/gms);
      const names = [...parts].map(([, name, , body]) => {
        execFileSync('sh', ['-n'], { input: body });
        return name;
      });
      assert.deepEqual(names, ['prepare', 'inside'], JSON.stringify(text));
    }
  });

  it('says what no command can do', () => {
    const said = script({ users: { tenant: 3 }, limits: { cpuSeconds: 5 }, security: { dumpable: false }, init: true });
    for (const word of ['seccomp', 'dumpable', 'processor time', 'takes in orphans', 'outliving', 'tenant'])
      assert.ok(said.includes(word), word);
    const nothing = script({ security: { seccomp: 'none' }, init: false, command: ['x'], persist: false });
    assert.doesNotMatch(nothing, /Not here/);
  });

  it('becomes the caller before the user namespace is made, and writes the map from outside', () => {
    const said = script({});
    assert.match(said, /\tsetpriv --reuid=1000 --regid=1000 --groups=27 -- \\\n\tunshare [^\n]*--user/);
    assert.match(said, /echo deny >"\/proc\/\$inner\/setgroups"\nprintf '0 1000 1\\n' >"\/proc\/\$inner\/uid_map"/);
  });

  it('gives one id in one more user namespace where the map has no root, and only then', () => {
    const same = { uids: [{ inside: 1000, outside: 1000, count: 1 }], gids: [{ inside: 100, outside: 100, count: 1 }] };
    const said = script({ users: 'same' }, same);
    assert.match(said, /printf '0 1000 1\\n' >"\/proc\/\$inner\/uid_map"/);
    assert.match(said, / unshare --user --map-user=1000 --map-group=100 -- /);
    assert.doesNotMatch(script({ namespaces: ['mnt'] }, same), /--user/);
  });

  it('joins what is to be joined, and makes the rest', () => {
    const said = script({ namespaces: { net: 'blue', ipc: false } }, { joins: { net: '/proc/812/ns/net' }, network: undefined });
    assert.match(said, /\tnsenter --net=\/proc\/812\/ns\/net -- \\\n/);
    assert.doesNotMatch(said, /unshare [^\n]*--(?:net|ipc)/);
    assert.doesNotMatch(said, /ip link/);
  });
});
