// systemd-nspawn: machined keeps a file for each machine; without it the name is on the command line or in the cgroup.
import { basename } from 'node:path';
import { groupOf } from './cgroup.ts';
import { boundedName, type Facts, type Found, userOf } from './engine.ts';
import { Root } from './roots.ts';
import { optionOf } from './supervisors.ts';

const MACHINES = '/run/systemd/machines';

export function byNspawn(facts: Facts): Found | undefined {
  const { parent, supervisor, cgroup } = facts;
  const isChild = parent?.name === 'systemd-nspawn';
  if (!isChild && cgroup?.engine !== 'nspawn') return undefined;
  const name = (isChild ? nameOf(supervisor) : undefined) ?? cgroup?.id;
  if (name === undefined) return undefined;
  const file = stateOf(facts, name);
  return {
    engine: 'nspawn',
    id: boundedName(name),
    name: boundedName(name),
    labels: {},
    ...userOf(isChild ? (parent?.uid ?? 0) : 0),
    source: file ?? (isChild ? 'systemd-nspawn' : 'cgroup'),
    group: groupOf(facts, name),
    // machined may hear of it a little later than we do.
    complete: file !== undefined,
  };
}

/** A machine that is given no name goes by that of its directory or image. */
function nameOf(words: readonly string[]): string | undefined {
  const machine = optionOf(words, '--machine', '-M');
  if (machine !== undefined) return machine;
  const root = optionOf(words, '--directory', '-D', '--image', '-i');
  return root === undefined ? undefined : basename(root).replace(/\.raw$/, '');
}

/** Where machined says that this process is the machine's first; undefined where it does not. */
function stateOf({ process, parent, reach }: Facts, name: string): string | undefined {
  if (name.includes('/')) return undefined;
  using root = parent && !reach.sharesFiles(parent) ? Root.of(parent) : Root.at();
  const stated = root?.read(`${MACHINES}/${name}`);
  const leader = Number(/^LEADER=(\d+)$/m.exec(stated?.value ?? '')?.[1]);
  const claimant = reach.claimant(parent && !reach.sharesFiles(parent) ? parent : undefined, stated?.uid);
  return stated && reach.isPid(claimant, process, leader) && reach.covers(claimant, process) ? stated.path : undefined;
}
