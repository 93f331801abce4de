// How a layer says that something of the layers below is gone: the OCI image specification, layer.md.
import { type BytePath, below, nameOf, parentOf } from './byte-path.ts';
import { Fault, quoted } from './fault.ts';

export type Whiteout =
  | { readonly kind: 'removed'; readonly path: BytePath }
  /** All that lower layers have in it. */
  | { readonly kind: 'opaque'; readonly path: BytePath }
  /** What AUFS noted for itself. */
  | { readonly kind: 'ignored' };

const PREFIX = '.wh.';
const OPAQUE = '.wh..wh..opq';
const OWN = '.wh..wh.';

/** @throws Fault for one that names no file */
export function whiteoutOf(path: BytePath): Whiteout | undefined {
  const name = nameOf(path);
  if (!name.startsWith(PREFIX)) return undefined;
  if (name === OPAQUE) return { kind: 'opaque', path: parentOf(path) };
  if (name.startsWith(OWN)) return { kind: 'ignored' };
  const removed = name.slice(PREFIX.length);
  if (['', '.', '..'].includes(removed)) throw new Fault(`the whiteout ${quoted(path)} names no file`);
  return { kind: 'removed', path: below(parentOf(path), removed) };
}
