// Where a test unpacks, with its own ids as those of root inside: no privilege is needed.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackArchive } from '../../helper/image/archive.ts';
import { Budget, type Limits, usualLimits } from '../../helper/image/budget.ts';
import { Members } from '../../helper/image/member.ts';
import { performJob } from '../../helper/image/perform.ts';
import type { Source, Unpacked } from '../../helper/image/questions.ts';
import { Tree } from '../../helper/image/tree.ts';
import { toFailure } from '../../helper/sys/errors.ts';

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const map = (outside: number) => [{ inside: 0, outside, count: 1 }];
const maps = { uids: map(own.uid), gids: map(own.gid) };
const caller = { ...own, groups: [] };

export class Place implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'burrow-image-'));
  readonly into = join(this.folder, 'into');

  constructor() {
    mkdirSync(this.into);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  unpack(source: Source, limits: Partial<Limits> = {}): Promise<Unpacked> {
    const job = { source, caller, into: this.into, maps, limits: { ...usualLimits, ...limits } };
    return performJob(job, new AbortController().signal);
  }

  /** An archive as it comes in, in the test's own time. What it leaves stays. */
  async unpackPieces(pieces: AsyncIterable<Buffer>): Promise<void> {
    const budget = new Budget(this.into, usualLimits);
    using tree = new Tree(this.into, own, budget);
    const members = new Members(maps);
    await unpackArchive(pieces, 'archive', { tree, members, budget, caller, signal: new AbortController().signal });
  }

  unpackBytes(bytes: Buffer, limits?: Partial<Limits>): Promise<Unpacked> {
    const path = join(this.folder, 'a.tar');
    writeFileSync(path, bytes);
    return this.unpack({ kind: 'archive', path }, limits);
  }

  /** Why it was refused, without the path of this place; nothing may be left of it. */
  async refusal(unpacking: Promise<Unpacked>): Promise<string> {
    try {
      await unpacking;
    } catch (error) {
      const left = readdirSync(this.into);
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
      return toFailure(error, 'Not unpacked').message.replaceAll(this.folder, '');
    }
    throw new Error('it was unpacked, and should be refused');
  }
}
