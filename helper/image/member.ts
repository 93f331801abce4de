// One header of a tar archive as what is to be made of it, pax(1) and GNU's tar(5). The parser gives
// numbers that may be NaN, and leaves most of a pax header's records to whoever reads it.
import type { Header } from 'tar-stream';
import type { IdMapping } from '../protocol/inspection.ts';
import { type BytePath, cleanPath, cleanTarget } from './byte-path.ts';
import { Fault, quoted } from './fault.ts';

/** Ids are those outside. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedSeconds: number;
}

export type Member = { readonly path: BytePath; readonly attributes: Attributes } & (
  | { readonly kind: 'directory' }
  | { readonly kind: 'file'; readonly sizeBytes: number }
  | { readonly kind: 'symlink'; readonly target: string }
  /** A second name of an earlier member. */
  | { readonly kind: 'link'; readonly target: BytePath }
);

export interface IdMaps {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

/** What no root directory of a sandbox may bring: with a device node, a mode would be all between it and the host's disks. */
const refusedTypes: Readonly<Record<string, string>> = {
  'character-device': 'a character device',
  'block-device': 'a block device',
  fifo: 'a FIFO',
};

const MODE_BITS = 0o7777;
/** Later than any file system can say, and still a number that Node takes. */
const LATEST_SECONDS = 2 ** 40;

export class Members {
  readonly #maps: IdMaps;
  /** Those with an owner or a group that is not mapped, and now is that of root inside. */
  unmapped = 0;

  constructor(maps: IdMaps) {
    this.#maps = maps;
  }

  /** @throws Fault for whatever may not be unpacked */
  read(header: Header): Member {
    const pax = recordsOf(header);
    const name = textOf(header.name, pax.get('path'));
    const whose = `member ${quoted(name)}`;
    const path = cleanPath(name, whose);
    const type: string | null = header.type;
    if (type === null) throw new Fault(`${whose} is of a type that Burrow does not read`);
    if (refusedTypes[type] !== undefined) throw new Fault(`${whose} is ${refusedTypes[type]}`);
    if ([...pax.keys()].some(key => key.startsWith('GNU.sparse.')))
      throw new Fault(`${whose} is a sparse file in a form that Burrow does not read`);
    const attributes = this.#attributes(header, pax, whose);
    const sizeBytes = integer(pax.get('size') ?? String(header.size), 'size', whose);
    // The oldest archives have no type for directories.
    if (type === 'directory' || (type === 'file' && name.endsWith('/') && sizeBytes === 0)) return { kind: 'directory', path, attributes };
    if (path === '') throw new Fault(`${whose} takes the place of the root directory`);
    if (type === 'file' || type === 'contiguous-file') return { kind: 'file', path, attributes, sizeBytes };
    if (sizeBytes !== 0) throw new Fault(`${whose} is a link, and yet has contents`);
    const target = textOf(header.linkname ?? '', pax.get('linkpath'));
    if (type === 'symlink') return { kind: 'symlink', path, attributes, target: cleanTarget(target, path) };
    return { kind: 'link', path, attributes, target: cleanPath(target, `the hard link ${quoted(name)} to ${quoted(target)}`) };
  }

  #attributes(header: Header, pax: ReadonlyMap<string, string>, whose: string): Attributes {
    const uid = integer(pax.get('uid') ?? String(header.uid), 'owner', whose);
    const gid = integer(pax.get('gid') ?? String(header.gid), 'group', whose);
    const modified = Number(pax.get('mtime') ?? header.mtime.getTime() / 1000);
    if (!(Math.abs(modified) < LATEST_SECONDS)) throw new Fault(`${whose} has an impossible time`);
    const outside = { uid: outsideOf(uid, this.#maps.uids), gid: outsideOf(gid, this.#maps.gids) };
    if (outside.uid === undefined || outside.gid === undefined) this.unmapped += 1;
    const root = rootOf(this.#maps);
    return {
      mode: integer(String(header.mode), 'mode', whose) & MODE_BITS,
      uid: outside.uid ?? root.uid,
      gid: outside.gid ?? root.gid,
      modifiedSeconds: modified,
    };
  }
}

const recordsOf = ({ pax }: Header): ReadonlyMap<string, string> =>
  new Map(typeof pax === 'object' && pax !== null ? Object.entries(pax as Readonly<Record<string, string>>) : []);

/** A pax header's names are UTF-8, and the parser has decoded them; those of a plain header are still its bytes. */
function textOf(plain: string, pax: string | undefined): string {
  if (pax === undefined || pax === '') return plain;
  if (pax.includes('\ufffd')) throw new Fault(`a pax header holds the name ${JSON.stringify(pax)}, which is no UTF-8`);
  return Buffer.from(pax).toString('latin1');
}

function integer(text: string, what: string, whose: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new Fault(`${whose} has an impossible ${what}`);
  return value;
}

function outsideOf(id: number, map: readonly IdMapping[]): number | undefined {
  const line = map.find(({ inside, count }) => id >= inside && id < inside + count);
  return line && line.outside + (id - line.inside);
}

/** Who root inside is outside; the first that there is, where nobody is root. */
export const rootOf = ({ uids, gids }: IdMaps): { readonly uid: number; readonly gid: number } => ({
  uid: outsideOf(0, uids) ?? uids[0]?.outside ?? 0,
  gid: outsideOf(0, gids) ?? gids[0]?.outside ?? 0,
});
