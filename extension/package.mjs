// Makes burrow-linux-x64-VERSION.vsix and burrow-linux-arm64-VERSION.vsix: node extension/package.mjs [x64|arm64…]
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { fetchPackage } from './fetch-package.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = join(root, 'out/package');

/** koffi's platform package for `arch`. npm installs only that of the machine it runs on. */
function platformPackage(arch) {
  const name = `@koromix/koffi-linux-${arch}`;
  const installed = join(root, 'node_modules', name);
  return existsSync(installed) ? installed : fetchPackage(name, join(root, 'package-lock.json'), folder);
}

/** The licences of the packages that are bundled: each asks to go wherever its code goes. */
function notices(sources) {
  const packages = new Set(sources.flatMap(source => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []));
  const texts = [...packages].sort().map(name => {
    const at = join(root, 'node_modules', name);
    const file = existsSync(at) ? readdirSync(at).find(each => /^licen[cs]e/i.test(each)) : undefined;
    return file && `${name}\n\n${readFileSync(join(at, file), 'utf8').trim()}`;
  });
  return `${texts.filter(text => text !== undefined).join(`\n\n${'─'.repeat(80)}\n\n`)}\n`;
}

/** Lays out exactly what ships, so that nothing else of the working tree can get in. */
async function stage(arch, directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const sources = await build({ arch, outdir: join(directory, 'dist'), release: true, parts: [], koffi: platformPackage(arch) });
  writeFileSync(join(directory, 'dist/third-party-notices.txt'), notices(sources));
  const copied = manifest.files.filter(each => each !== 'dist' && existsSync(join(root, each)));
  for (const file of copied) cpSync(join(root, file), join(directory, file), { recursive: true });
  const { scripts: _, devDependencies: __, ...shipped } = { ...manifest, files: ['dist', ...copied] };
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(shipped, null, 2)}\n`);
}

async function makePackage(arch) {
  const directory = join(folder, `linux-${arch}`);
  await stage(arch, directory);
  const output = `burrow-linux-${arch}-${manifest.version}.vsix`;
  const options = ['--target', `linux-${arch}`, '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
  execFileSync(process.execPath, [join(root, 'node_modules/@vscode/vsce/vsce'), 'package', ...options, '--out', join(root, output)], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(`${output}  ${Math.round(statSync(join(root, output)).size / 1024)} KB`);
}

mkdirSync(folder, { recursive: true });
const targets = process.argv.length > 2 ? process.argv.slice(2) : ['x64', 'arm64'];
for (const arch of targets) await makePackage(arch);
