// What the sandbox wrote is read as root: its owner is root inside, whatever ids its files have. Paths of this
// machine are the caller's matter: every call that takes one is made with the caller's rights.
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import type { Failure } from '../protocol/failure.ts';
import { Refusal, toFailure } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import { reopenPath } from '../sys/in-root.ts';
import type { Acting } from './acting.ts';
import type { Answer } from './keep.ts';
import { isHidden, isWhiteout, type Layer, layersOf, openBelow, openDirectory } from './layers.ts';
import { Outside } from './outside.ts';

/** Parents before what is in them, each path once. */
export function keepAll(staging: number, disks: readonly string[], paths: readonly string[], acting: Acting): Answer {
  const layers = layersOf(disks);
  const all = [...new Set(paths.map(path => posix.resolve(path)))].sort();
  for (const [kept, path] of all.entries()) {
    try {
      keepOne(staging, layers, path, acting);
    } catch (error) {
      return { failure: explain(error, path, kept, all.length) };
    }
  }
  return { kept: all.length };
}

/** Calls are made on names in directories that are held open, which mean nothing to a person: all that counts is which path it was about. */
function explain(error: unknown, path: string, kept: number, of: number): Failure {
  const failure = toFailure(error, `Could not keep ${path}`);
  const said = error instanceof Refusal ? failure.message : sentenceFor(path, failure);
  const before = kept > 0 ? ` ${kept} of ${of} were kept before.` : '';
  return { ...failure, message: `${said}${before}`, subject: path };
}

function sentenceFor(path: string, { message, kind, syscall, errno }: Failure): string {
  if (kind === 'denied') return `Could not keep ${path}: you may not write it on this machine (${syscall}: ${errno}).`;
  if (errno === 'EROFS') return `Could not keep ${path}: it is on a read-only file system of this machine (${syscall}: EROFS).`;
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return `Could not keep ${path}: there is no room for it (${syscall}: ${errno}).`;
  return syscall === undefined ? message : `Could not keep ${path}: the kernel refused (${syscall}: ${errno}).`;
}

function keepOne(staging: number, layers: readonly Layer[], path: string, acting: Acting): void {
  using source = find(staging, layers, path);
  using outside = new Outside(path, acting, name => source.modeOf(name));
  const { stat } = source;
  if (!stat || isWhiteout(stat)) outside.remove();
  else if (stat.isDirectory()) outside.makeDirectory(stat.mode);
  else if (stat.isSymbolicLink()) outside.makeLink(source.readLink());
  else if (stat.isFile()) {
    const content = source.open();
    try {
      outside.write(content, stat);
    } finally {
      closeSync(content);
    }
  } else throw new Refusal('invalid', `Could not keep ${path}: it is no file, directory or symbolic link.`);
}

/** A path in the uppermost layer that has it, held open. */
class Source implements Disposable {
  /** Undefined where the sandbox removed it by hiding all that this machine has in one of the directories above it. */
  readonly stat: Stats | undefined;
  readonly #staging: number;
  readonly #layer: Layer;
  readonly #parent: number;
  readonly #name: string;

  constructor(staging: number, layer: Layer, parent: number, name: string) {
    this.#staging = staging;
    this.#layer = layer;
    this.#parent = parent;
    this.#name = name;
    this.stat = lstatSync(this.#path(), { throwIfNoEntry: false });
  }

  #path(): string {
    return `${reopenPath(this.#parent)}/${this.#name}`;
  }

  readLink(): Buffer {
    return readlinkSync(this.#path(), { encoding: 'buffer' });
  }

  /** Looked at before it is opened: somebody may have put a FIFO there by now, which would hold the process. */
  open(): number {
    const held = openBelow(this.#parent, this.#name, O_PATH);
    if (held === undefined || !fstatSync(held).isFile()) throw new Refusal('gone', `${this.#name} has changed meanwhile.`);
    try {
      return openSync(reopenPath(held), constants.O_RDONLY);
    } finally {
      closeSync(held);
    }
  }

  /** The permissions of a directory above it, for one that this machine does not have. @param path of this machine */
  modeOf(path: string): number {
    const fd = openDirectory(this.#staging, `${this.#layer.upper}/${relativeTo(this.#layer, path) ?? ''}`);
    if (fd === undefined) return 0o755;
    try {
      return fstatSync(fd).mode & 0o777;
    } finally {
      closeSync(fd);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#parent);
  }
}

function relativeTo({ lower }: Layer, path: string): string | undefined {
  const prefix = lower === '/' ? '/' : `${lower}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

function find(staging: number, layers: readonly Layer[], path: string): Source {
  const nearest = [...layers].sort((a, b) => b.lower.length - a.lower.length);
  for (const layer of nearest) {
    const relative = relativeTo(layer, path);
    if (!relative) continue;
    const parent = openDirectory(staging, `${layer.upper}/${posix.dirname(relative)}`);
    if (parent === undefined) continue;
    const source = new Source(staging, layer, parent, posix.basename(relative));
    if (source.stat || isHidden(staging, layer, relative)) return source;
    source[Symbol.dispose]();
  }
  throw new Refusal('unknown', `Could not keep ${path}: the sandbox did not change it.`);
}
