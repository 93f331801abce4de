// A package for another machine than this one, which npm therefore does not install: node extension/fetch-package.mjs NAME LOCK FOLDER
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Fetches the version that a lock file names, once, and holds it against the checksum there.
 * @param {string} name of the package
 * @param {string} lock the path of a package-lock.json
 * @param {string} folder where it is kept
 * @returns {string} the folder of its files
 */
export function fetchPackage(name, lock, folder) {
  const { version, integrity } = JSON.parse(readFileSync(lock, 'utf8')).packages[`node_modules/${name}`];
  const plain = name.replace('@', '').replaceAll('/', '-');
  const tarball = join(folder, `${plain}-${version}.tgz`);
  const digest = () => `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(tarball) || digest() !== integrity) {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, `${name}@${version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (digest() !== integrity) throw new Error(`${name}@${version} is not the package that ${lock} names`);
  }
  const unpacked = join(folder, plain);
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked);
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
  return unpacked;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , name, lock, folder] = process.argv;
  if (!folder) throw new Error('usage: fetch-package.mjs NAME LOCK FOLDER');
  console.log(fetchPackage(name, lock, folder));
}
