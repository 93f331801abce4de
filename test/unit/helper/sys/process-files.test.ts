import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { processBytes, processFiles, processText } from '../../../../helper/sys/process-files.ts';
import { inRepository } from '../../../support/repository.ts';

const READER = 'sys/process-files.ts';
/** Opening one of these files of a process, by a number or by what is filled in. Of itself a process knows what is in there. */
const otherReader = new RegExp(
  `(?:read|open)\\w*\\((?:['\`]/proc/(?:\\d|\\$)|\`\\$\\{proc)[^'\`]*/(?:${Object.keys(processFiles).join('|')})['\`]`,
);

describe('the files of /proc/PID', () => {
  it('are read by one reader', () => {
    const sources = readdirSync(inRepository('helper'), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
    const others = sources.filter(file => file !== READER && otherReader.test(readFileSync(inRepository('helper', file), 'utf8')));
    assert.deepEqual(others, []);
  });

  it('are found by that rule however they are read', () => {
    for (const text of ['readFileSync(`/proc/#{pid}/environ`)', "openSync('/proc/1/cmdline')", 'open(`#{proc}/task/#{tid}/status`)'])
      assert.match(text.replaceAll('#', '$'), otherReader);
  });

  it('are read whole where they are as long as they should be', () => {
    assert.equal(processText('self', 'uid_map'), processText(process.pid, 'uid_map'));
    assert.equal(processText('self', 'cmdline'), readFileSync('/proc/self/cmdline', 'utf8'));
    assert.deepEqual(processBytes('self', 'environ'), readFileSync('/proc/self/environ'));
    assert.equal(processText(`/proc/self/task/${process.pid}`, 'mountinfo'), readFileSync('/proc/self/mountinfo', 'utf8'));
  });

  it('are read up to a bound', () => {
    assert.equal(processText('self', 'cmdline', 'utf8', 4), readFileSync('/proc/self/cmdline', 'utf8').slice(0, 4));
  });

  it('are not there once the process has ended', () => {
    assert.throws(() => processText(2 ** 22 + 1, 'stat'), { code: 'ENOENT', syscall: 'open' });
  });
});
