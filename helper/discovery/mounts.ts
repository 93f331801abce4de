// Namespaces that are kept by a bind mount, in every mount namespace. Mounts get ascending ids, so that
// of each mount namespace only what came since the last look has to be read, without entering it.
import type { NamespaceKey } from '../protocol/model.ts';
import { namespaceId, namespaceTypes } from '../protocol/namespaces.ts';
import { hasVanished, SysError } from '../sys/errors.ts';
import { sys } from '../sys/libc.ts';
import { processText } from '../sys/process-files.ts';
import { parseMountInfo, parseNamespaceLink, readNamespace } from '../sys/procfs.ts';
import { readNewMounts } from '../walker/walker.ts';
import type { Gaps } from './gaps.ts';
import { type MountNamespace, mountNamespaces } from './mount-namespaces.ts';
import type { Claim, Namespaces } from './namespaces.ts';

interface Mounted {
  readonly namespace: NamespaceKey;
  readonly path: string;
}

/** What was read of one mount namespace so far. */
interface Read {
  readonly id: bigint;
  last: bigint;
  readonly mounted: Map<bigint, Mounted>;
}

export class Mounts {
  readonly #namespaces: Namespaces;
  readonly #read = new Map<number, Read>();
  readonly #own = readNamespace('self', 'mnt');

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces;
  }

  /**
   * Brings the claims of all mounts up to date.
   * Yields between parts that take long.
   * @returns the inodes of all mount namespaces, where the kernel lists them
   */
  *sweep(gaps: Gaps): Generator<void, number[]> {
    const all = list(gaps);
    for (const space of all ?? []) {
      yield* this.#look(space, gaps);
    }
    if (!all) yield* this.#readFiles(gaps);
    else this.#forgetBut(new Set(all.map(each => each.inode)));
    return (all ?? []).map(each => each.inode);
  }

  /** Those of the helper's own mount namespace only: /proc/self/mountinfo tells when it changes. */
  *sweepOwn(gaps: Gaps): Generator<void> {
    const known = this.#read.get(this.#own);
    if (known) yield* this.#look({ inode: this.#own, id: known.id }, gaps);
    else yield* this.#readFile(this.#own, 'self', gaps);
  }

  *#look({ inode, id }: MountNamespace, gaps: Gaps): Generator<void> {
    let read = this.#read.get(inode);
    // The inode may have been given to another one.
    if (read?.id !== id) read = { id, last: 0n, mounted: new Map() };
    this.#read.set(inode, read);
    try {
      for (const mount of read.mounted.keys()) if (!describeMount(id, mount)) read.mounted.delete(mount);
      for (const { ids, last } of readNewMounts(id, read.last)) {
        read.last = last;
        for (const mount of ids) {
          const found = describeMount(id, mount);
          if (found) read.mounted.set(mount, found);
        }
        yield;
      }
    } catch (error) {
      if (!hasVanished(error)) gaps.add('mounts of mount namespaces', namespaceId({ type: 'mnt', inode }), error);
    }
    this.#claim(inode, [...read.mounted.values()]);
  }

  #claim(inode: number, mounted: readonly Mounted[]): void {
    const elsewhere = inode === this.#own ? {} : { mnt: inode };
    // A directory that is mounted over itself and shared, as `ip netns` makes /run/netns, has each mount in it twice: what is
    // mounted on the one that is seen is mounted on the one below it, too.
    const places = new Map(mounted.map(each => [`${namespaceId(each.namespace)} ${each.path}`, each]));
    const claims = [...places.values()].map(
      ({ namespace, path }): Claim => ({ namespace, kind: 'mounts', claimant: { path, ...elsewhere } }),
    );
    this.#namespaces.replaceClaims(`mounts:${inode}`, claims);
  }

  #forgetBut(inodes: ReadonlySet<number>): void {
    for (const inode of this.#read.keys()) {
      if (inodes.has(inode)) continue;
      this.#read.delete(inode);
      this.#namespaces.replaceClaims(`mounts:${inode}`, []);
    }
  }

  /** For kernels without listmount(2): through one process of each mount namespace. */
  *#readFiles(gaps: Gaps): Generator<void> {
    const inodes = new Set([this.#own]);
    yield* this.#readFile(this.#own, 'self', gaps);
    for (const { type, inode, oldest } of this.#namespaces.all()) {
      if (type !== 'mnt' || !oldest || inode === this.#own) continue;
      inodes.add(inode);
      yield* this.#readFile(inode, oldest.pid, gaps);
    }
    for (const source of this.#namespaces.sources('mounts:')) {
      if (!inodes.has(Number(source.slice('mounts:'.length)))) this.#namespaces.replaceClaims(source, []);
    }
  }

  *#readFile(inode: number, pid: number | 'self', gaps: Gaps): Generator<void> {
    try {
      const lines = parseMountInfo(processText(pid, 'mountinfo')).filter(({ fileSystem }) => fileSystem === 'nsfs');
      this.#claim(
        inode,
        lines.flatMap(({ root, path }) => parseMounted(root, path) ?? []),
      );
    } catch (error) {
      if (!hasVanished(error)) gaps.add('mounts of mount namespaces', namespaceId({ type: 'mnt', inode }), error);
    }
    yield;
  }
}

/** Undefined where the kernel cannot list them. */
function list(gaps: Gaps): MountNamespace[] | undefined {
  try {
    return [...mountNamespaces()];
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    if (error.errno !== 'ENOTTY' && error.errno !== 'EINVAL') gaps.add('mount namespaces', 'those without a process', error);
    return undefined;
  }
}

/** The root of a mounted namespace is its name: `net:[4026532345]`. */
function parseMounted(root: string, path: string): Mounted | undefined {
  const type = namespaceTypes.find(each => root.startsWith(`${each}:[`));
  return type && { namespace: { type, inode: parseNamespaceLink(root) }, path };
}

/** struct mnt_id_req and struct statmount, linux/mount.h. */
const REQUEST_BYTES = 32;
const STATMOUNT_MNT_ROOT = 8;
const STATMOUNT_MNT_POINT = 0x10;
const ROOT_OFFSET = 104;
const POINT_OFFSET = 108;
const STRINGS_OFFSET = 512;
/** Both strings may be as long as a path. */
const answer = Buffer.alloc(STRINGS_OFFSET + 2 * 4096 + 64);

function describeMount(mountNamespaceId: bigint, mount: bigint): Mounted | undefined {
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt32LE(REQUEST_BYTES, 0);
  request.writeBigUInt64LE(mount, 8);
  request.writeBigUInt64LE(BigInt(STATMOUNT_MNT_ROOT | STATMOUNT_MNT_POINT), 16);
  request.writeBigUInt64LE(mountNamespaceId, 24);
  try {
    sys('statmount', 'a mounted namespace', request, answer, answer.length, 0);
  } catch (error) {
    if (error instanceof SysError) return undefined; // unmounted meanwhile, or out of reach of that namespace's root
    throw error;
  }
  return parseMounted(stringAt(ROOT_OFFSET), stringAt(POINT_OFFSET));
}

function stringAt(field: number): string {
  const begin = STRINGS_OFFSET + answer.readUInt32LE(field);
  return answer.toString('utf8', begin, answer.indexOf(0, begin));
}
