import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { environmentOf } from '../../../../helper/entry/environment.ts';

const environ = (...lines: readonly (string | Buffer)[]): Buffer => Buffer.concat(lines.flatMap(line => [Buffer.from(line), Buffer.of(0)]));

describe('environmentOf', () => {
  it('takes the variables of the place, and none of the process’s own terminal, shell and service manager', () => {
    assert.deepEqual(
      environmentOf(
        environ('PATH=/app/bin', 'EMPTY=', 'A=b=c', 'TERM=dumb', 'PWD=/x', 'SHLVL=3', '_=/bin/x', 'NOTIFY_SOCKET=/run/n', 'LISTEN_FDS=2'),
      ),
      { PATH: '/app/bin', EMPTY: '', A: 'b=c' },
    );
  });

  it('keeps lines and characters of any script as they are', () => {
    assert.deepEqual(environmentOf(environ('MANY=a\nb', 'TEXT=žluťoučký 漢字')), { MANY: 'a\nb', TEXT: 'žluťoučký 漢字' });
  });

  it('leaves out what is no variable: a title that was written over it, names that no shell can have, no UTF-8', () => {
    const broken = Buffer.concat([Buffer.from('BAD='), Buffer.of(0xff, 0xfe)]);
    assert.deepEqual(environmentOf(environ('postgres: writer process   ', '', '=x', 'BASH_FUNC_x%%=() { :; }', '1A=b', broken)), {});
  });

  it('takes the first of two, which is the one that the process finds', () => {
    assert.deepEqual(environmentOf(environ('A=1', 'A=2')), { A: '1' });
  });

  it('is not led astray by names that objects have', () => {
    assert.deepEqual(Object.keys(environmentOf(environ('constructor=1', 'toString=2'))).sort(), ['constructor', 'toString']);
  });
});
