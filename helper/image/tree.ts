// A root directory while it is filled. No link is ever followed on the way to where something is
// written (openat2(2) refuses), and nothing that is there is written to: it is removed and made again.
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { SysError } from '../sys/errors.ts';
import type { Budget } from './budget.ts';
import { type BytePath, below, bytesOf, nameOf, parentOf } from './byte-path.ts';
import { Fault, quoted } from './fault.ts';
import type { Attributes, Member } from './member.ts';
import { entryPath, namesIn, openBelow, removeEntry } from './removal.ts';

/** Of a directory that no member names, and of the root directory unless one does. */
const PLAIN_MODE = 0o755;

type Made = Exclude<Member, { kind: 'file' }>;

export class Tree implements Disposable {
  readonly #root: number;
  readonly #budget: Budget;
  readonly #rootInside: { readonly uid: number; readonly gid: number };
  /** The directory that was opened last: most members lie beside the one before. */
  #parent: { readonly path: BytePath; readonly fd: number } | undefined;
  /** Set when all is there, because whatever is made in a directory changes its time. */
  readonly #times = new Map<BytePath, number>();
  /** In a layer of an image: what it brought, which its own whiteouts leave alone. */
  #brought: Set<BytePath> | undefined;
  /** Members that became something. */
  made = 0;

  /** @param into an empty directory @param rootInside to whom belongs what names no owner */
  constructor(into: string, rootInside: { readonly uid: number; readonly gid: number }, budget: Budget) {
    this.#root = openSync(into, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    this.#budget = budget;
    this.#rootInside = rootInside;
    fchownSync(this.#root, rootInside.uid, rootInside.gid);
    fchmodSync(this.#root, PLAIN_MODE);
  }

  [Symbol.dispose](): void {
    this.#leave();
    closeSync(this.#root);
  }

  beginLayer(): void {
    this.#leave();
    this.#brought = new Set();
  }

  /** Anything but a file, whose contents come in pieces. @throws Fault */
  make(member: Made): void {
    this.made += 1;
    const { path, attributes } = member;
    if (path === '') this.#setRoot(attributes);
    else if (member.kind === 'link') this.#link(path, member.target);
    else if (member.kind === 'symlink') this.#symlink(path, member.target, attributes);
    else this.#directory(path, attributes);
  }

  /** @throws Fault; Node's error with the call */
  async file({ path, attributes, sizeBytes }: Extract<Member, { kind: 'file' }>, contents: AsyncIterable<Buffer>): Promise<void> {
    this.made += 1;
    this.#budget.countContent(sizeBytes);
    const at = this.#place(path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const fd = this.#inPlaceOf(path, () => openSync(at, flags, 0o600));
    try {
      if (sizeBytes > 0) for await (const piece of contents) writeAll(fd, piece);
      fchownSync(fd, attributes.uid, attributes.gid);
      fchmodSync(fd, attributes.mode);
      futimesSync(fd, attributes.modifiedSeconds, attributes.modifiedSeconds);
    } finally {
      closeSync(fd);
    }
  }

  /** Takes away what lower layers had there. */
  whiteOut(path: BytePath): void {
    if (this.#open(parentOf(path), false) !== undefined) this.#removeOld(path);
  }

  /** Takes away what lower layers had in a directory. */
  whiteOutContents(directory: BytePath): void {
    const fd = this.#open(directory, false);
    if (fd !== undefined) for (const name of namesIn(fd)) this.#removeOld(below(directory, name));
  }

  /** The times of the directories, which everything else would change again. */
  finish(): void {
    for (const [path, seconds] of this.#times) {
      if (path === '') futimesSync(this.#root, seconds, seconds);
      else this.#setTime(path, seconds);
    }
  }

  #setTime(path: BytePath, seconds: number): void {
    try {
      if (this.#isDirectory(path)) lutimesSync(this.#place(path), seconds, seconds);
    } catch (error) {
      if (!(error instanceof Fault)) throw error; // a later member took the place of a directory above it
    }
  }

  #setRoot({ mode, uid, gid, modifiedSeconds }: Attributes): void {
    fchownSync(this.#root, uid, gid);
    fchmodSync(this.#root, mode);
    this.#times.set('', modifiedSeconds);
  }

  #directory(path: BytePath, { mode, uid, gid, modifiedSeconds }: Attributes): void {
    const at = this.#place(path);
    if (!this.#isDirectory(path)) this.#inPlaceOf(path, () => mkdirSync(at, mode));
    lchownSync(at, uid, gid);
    chmodSync(at, mode); // after its owner, with whom the setuid and setgid bits would go
    this.#times.set(path, modifiedSeconds);
  }

  #symlink(path: BytePath, target: string, { uid, gid, modifiedSeconds }: Attributes): void {
    const at = this.#place(path);
    this.#inPlaceOf(path, () => symlinkSync(bytesOf(target), at));
    lchownSync(at, uid, gid);
    lutimesSync(at, modifiedSeconds, modifiedSeconds);
  }

  #link(path: BytePath, target: BytePath): void {
    if (path === target) return;
    const at = this.#place(path);
    const whose = `the hard link ${quoted(path)} to ${quoted(target)}`;
    const from = this.#openUncached(parentOf(target), whose);
    try {
      const to = entryPath(from, nameOf(target));
      const stat = target === '' ? undefined : lstatSync(to, { throwIfNoEntry: false });
      if (!stat) throw new Fault(`${whose} leads to nothing that is there`);
      if (stat.isDirectory()) throw new Fault(`${whose} leads to a directory`);
      this.#inPlaceOf(path, () => linkSync(to, at));
    } finally {
      closeSync(from);
    }
  }

  /** Makes something that must not be there; what is there goes first. */
  #inPlaceOf<T>(path: BytePath, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      this.#remove(path);
      return make();
    }
  }

  #isDirectory(path: BytePath): boolean {
    const fd = this.#open(parentOf(path), false);
    return fd !== undefined && lstatSync(entryPath(fd, nameOf(path)), { throwIfNoEntry: false })?.isDirectory() === true;
  }

  #remove(path: BytePath): void {
    const fd = this.#open(parentOf(path), false);
    if (fd !== undefined) removeEntry(fd, nameOf(path));
  }

  #removeOld(path: BytePath): void {
    if (!this.#brought?.has(path)) this.#remove(path);
    else if (this.#isDirectory(path)) this.whiteOutContents(path);
  }

  /** Where to make `path`, in a directory that is there from now on. */
  #place(path: BytePath): Buffer {
    const fd = this.#open(parentOf(path), true);
    this.#brought?.add(path);
    return entryPath(fd, nameOf(path));
  }

  #open(directory: BytePath, make: true): number;
  #open(directory: BytePath, make: boolean): number | undefined;
  #open(directory: BytePath, make: boolean): number | undefined {
    if (make) this.#bring(directory);
    if (this.#parent?.path === directory) return this.#parent.fd;
    const fd = this.#opened(directory) ?? (make ? this.#makeAndOpen(directory) : undefined);
    if (fd === undefined) return undefined;
    this.#leave();
    this.#parent = { path: directory, fd };
    return fd;
  }

  #makeAndOpen(directory: BytePath): number {
    this.#budget.countMember();
    const at = this.#place(directory);
    mkdirSync(at, PLAIN_MODE);
    lchownSync(at, this.#rootInside.uid, this.#rootInside.gid);
    chmodSync(at, PLAIN_MODE); // whatever the umask is
    return this.#openUncached(directory, `directory ${quoted(directory)}`);
  }

  #bring(directory: BytePath): void {
    for (let each = directory; each !== '' && this.#brought && !this.#brought.has(each); each = parentOf(each)) this.#brought.add(each);
  }

  #openUncached(directory: BytePath, whose: string): number {
    const fd = this.#opened(directory);
    if (fd === undefined) throw new Fault(`${whose} leads to nothing that is there`);
    return fd;
  }

  /** @throws Fault where a link or a file is in the way */
  #opened(directory: BytePath): number | undefined {
    try {
      return openBelow(this.#root, directory);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      if (error.errno === 'ENOENT') return undefined;
      if (error.errno === 'ELOOP') throw new Fault(`${quoted(directory)}, where a member lies, is or is below a symbolic link`);
      if (error.errno === 'ENOTDIR') throw new Fault(`${quoted(directory)}, where a member lies, is no directory`);
      throw error;
    }
  }

  #leave(): void {
    if (this.#parent) closeSync(this.#parent.fd);
    this.#parent = undefined;
  }
}

function writeAll(fd: number, piece: Buffer): void {
  for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
}
