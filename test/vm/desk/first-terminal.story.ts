// From a machine as it was just started, with the package installed and one container running, to a terminal in that: two clicks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Workbench } from '../../e2e/workbench/workbench.ts';
import { inRepository } from '../../support/repository.ts';
import { run, stopHelper } from '../story/burrow.ts';

const id = (option: string): number => Number(run('id', option, 'ann'));
const ann = { uid: id('-u'), gid: id('-g') };
let workbench: Workbench;

before(async () => {
  run(inRepository('test/vm/story/engines.sh'), 'start', 'docker');
  workbench = await Workbench.open({ owner: ann, environment: { HOME: '/home/ann', USER: 'ann', LOGNAME: 'ann', SHELL: '/bin/bash' } });
});
after(async () => {
  await workbench.close();
  await stopHelper();
});

test('Start Helper and one click on a container open a terminal in it', async () => {
  const { sandboxes, containers, terminal } = workbench;
  try {
    await sandboxes.welcomeButton('Start Helper').click();
    await containers.row(/^story-docker /).waitFor();
    await containers.press(/^story-docker /, 'Open Terminal');
    await terminal.waitUntilFocused();
    const hostname = run('docker', 'inspect', '-f', '{{.Config.Hostname}}', 'story-docker');
    assert.equal(await terminal.run('hostname'), hostname);
    await workbench.shot('first-terminal');
  } catch (error) {
    await workbench.keepEvidence('first-terminal');
    throw error;
  }
});
