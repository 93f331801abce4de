// Builds Burrow and opens it: in VS Code where `code` is installed, else in code-server and the browser.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installDependencies, installWorkbench, isInstalled, lack, provideFor, root } from './support/install.mjs';

const here = (...path) => join(root, ...path);

function provide(user) {
  const lacks = lack(provideFor([user], { mayInstall: true }), user);
  if (lacks === undefined) return;
  console.log(lacks);
  process.exit(1);
}

function openVsCode() {
  console.log('Opening VS Code. Click the Burrow icon in the activity bar, then Start Helper.');
  const { status } = spawnSync('code', ['--new-window', `--extensionDevelopmentPath=${root}`, root], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

/** Needs code-server's Node, which runs TypeScript as it is. */
function openInBrowser() {
  provide('start');
  installWorkbench();
  const codeServersNode = here(`test/e2e/host/node_modules/node-linux-${process.arch}/bin/node`);
  const workbench = spawn(codeServersNode, [here('test/e2e/workbench/serve.ts')], { stdio: 'inherit' });
  // Ctrl-C reaches both; this one waits until the other has ended what it started.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => workbench.kill(signal));
  workbench.on('exit', code => {
    process.exitCode = code ?? 1;
  });
}

installDependencies();
provide('build');
const built = spawnSync(process.execPath, [here('extension/build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exitCode = 1;
else if (isInstalled('code')) openVsCode();
else openInBrowser();
