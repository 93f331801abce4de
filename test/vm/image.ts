// Images of machines: made once, and anew when what they are made of has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../support/repository.ts';
import type { Image } from './machines.ts';

const makers = inRepository('test/vm/image');

/** Tools of the distribution alone: some of them run once for every package, and a wrapper of the person's makes minutes of that. */
const distributionPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** What is asked of the maker, and the maker itself. */
function stampOf({ name, maker, settings }: Image): string {
  const hash = createHash('sha256').update(JSON.stringify([name, maker, settings]));
  for (const file of readdirSync(makers).sort()) hash.update(readFileSync(join(makers, file)));
  return hash.digest('hex');
}

/**
 * @param folder where images are kept
 * @returns the path of its disk; kernel and initramfs lie beside it
 * @throws Error when it cannot be made; what failed has been printed
 */
export function imageFor(image: Image, folder: string): string {
  const [disk, stamp] = [join(folder, `${image.name}.img`), join(folder, `${image.name}.stamp`)];
  if (existsSync(disk) && existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(image)) return disk;
  console.log(`Making the machine ${image.name} (some minutes)`);
  mkdirSync(folder, { recursive: true });
  const { status, error } = spawnSync(join(makers, image.maker), [], {
    env: { ...process.env, PATH: distributionPath, ...image.settings, NAME: image.name, IMAGES: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error ?? status !== 0) throw error ?? new Error(`${image.maker} could not make the machine ${image.name}`);
  writeFileSync(stamp, stampOf(image));
  return disk;
}
