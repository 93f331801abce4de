import assert from 'node:assert/strict';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { LogFile } from '../../../../helper/sys/log-file.ts';

const LIMIT_BYTES = 1 << 20;
const { O_WRONLY, O_CREAT, O_APPEND } = constants;

describe('a log file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'burrow-log-'));
  after(() => rmSync(folder, { recursive: true }));

  /** As a shell opens it by `>>` and by `>`. */
  for (const [way, flags] of Object.entries({ appended: O_APPEND, 'written from its beginning': 0 }))
    it(`never holds more than a megabyte, of whole lines, the newest among them, where it is ${way}`, () => {
      const path = join(folder, way);
      const fd = openSync(path, O_WRONLY | O_CREAT | flags, 0o600);
      const log = new LogFile(fd);
      for (let line = 1; line <= 3000; line++) {
        log.write(JSON.stringify({ line, text: 'x'.repeat(1000) }));
        assert.ok(statSync(path).size <= LIMIT_BYTES, `after line ${line}`);
      }
      closeSync(fd);
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      const numbers = lines.map(line => (JSON.parse(line) as { line: number }).line);
      assert.equal(numbers.at(-1), 3000);
      assert.ok(numbers.length > 400, `${numbers.length} lines are kept`);
      assert.ok(
        numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1),
        'none is missing between two',
      );
    });

  it('loses no line to what is written to the same file by another number', () => {
    const path = join(folder, 'shared');
    const fd = openSync(path, O_WRONLY | O_CREAT, 0o600);
    const log = new LogFile(fd);
    log.write('{"line":1}');
    writeSync(fd, 'serving\n');
    log.write('{"line":2}');
    closeSync(fd);
    assert.equal(readFileSync(path, 'utf8'), '{"line":1}\nserving\n{"line":2}\n');
  });

  it('ends nothing when it cannot be written, and tells later how much is missing', () => {
    const path = join(folder, 'shut');
    const fd = openSync(path, O_WRONLY | O_CREAT, 0o600);
    const log = new LogFile(fd);
    closeSync(fd); // EBADF
    log.write('{"line":1}');
    log.write('{"line":2}');
    assert.equal(openSync(path, O_WRONLY), fd); // the lowest that is free
    log.write('{"line":3}');
    closeSync(fd);
    assert.equal(readFileSync(path, 'utf8'), '{"event":"lines lost","count":2}\n{"line":3}\n');
  });
});
