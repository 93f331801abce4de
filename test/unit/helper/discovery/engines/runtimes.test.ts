import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RuntimeStates } from '../../../../../helper/discovery/engines/runtimes.ts';
import { Gaps } from '../../../../../helper/discovery/gaps.ts';
import { asSupervisor, exampleProcess, factsOf } from './example.ts';

describe('RuntimeStates', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-runtimes-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What cannot be read below the folder; of this machine's own states others may be among it. */
  function unread(states: RuntimeStates): number {
    states.nextRound();
    const gaps = new Gaps();
    states.addGaps(gaps);
    return gaps.list().filter(({ subject }) => subject.startsWith(folder)).length;
  }

  /** The kernel's clock for files is coarse: what is done in one tick of it leaves one time. */
  function withinOneTick(id: string, work: () => void): void {
    const directory = join(folder, id);
    const tick = Math.floor(Date.now() / 1000);
    mkdirSync(directory);
    utimesSync(directory, tick, tick);
    work();
    utimesSync(directory, tick, tick);
  }

  /** As while a container is made: runc has its directory, and writes the state a little later. */
  function lookAtHalfWritten(id: string) {
    const init = exampleProcess();
    const facts = factsOf({ init, parent: asSupervisor({ name: 'runc' }), supervisor: ['runc', '--root', folder, 'run', id] });
    mkdirSync(join(folder, id));
    assert.equal(facts.runtimes.find(facts), undefined);
    return { facts, runtimes: facts.runtimes, init };
  }

  it('say what cannot be read', () => {
    assert.equal(unread(lookAtHalfWritten('none').runtimes), 1);
    rmSync(join(folder, 'none'), { recursive: true });
  });

  it('say it no more when it can, also where nobody asks again', () => {
    const { runtimes, facts, init } = lookAtHalfWritten('web');
    writeFileSync(join(folder, 'web/state.json'), JSON.stringify({ init_process_pid: init.pid, init_process_start: init.start }));
    assert.equal(unread(runtimes), 0);
    assert.equal(runtimes.find(facts)?.state.id, 'web');
  });

  it('are read again where that was written in the same moment', () => {
    const init = exampleProcess();
    const facts = factsOf({ init, parent: asSupervisor({ name: 'runc' }), supervisor: ['runc', '--root', folder, 'run', 'quick'] });
    withinOneTick('quick', () => {
      assert.equal(facts.runtimes.find(facts), undefined);
      writeFileSync(join(folder, 'quick/state.json'), JSON.stringify({ init_process_pid: init.pid, init_process_start: init.start }));
    });
    facts.runtimes.nextRound();
    assert.equal(facts.runtimes.find(facts)?.state.id, 'quick');
  });
});
