// Where the other end of a veth pair is. A namespace knows its neighbours only by ids of its own, so
// the ends are matched by their indexes: each end names the other's.
import { closeSync } from 'node:fs';
import { getLinks, type Link } from '../network/rtnetlink.ts';
import { visit } from '../sys/namespaces.ts';
import { RouteSocket } from '../sys/netlink.ts';
import type { NamespaceNode } from './namespace-node.ts';
import type { View } from './particulars.ts';

export interface Peer {
  readonly name: string;
  readonly inode: number;
}

/** More namespaces than this are not searched: each costs two visits, some 50 µs. */
const SEARCHED = 1024;

/** For each link of the viewed namespace whose other end was found, by the link's index. */
export function peerNamespaces(view: View, links: readonly Link[]): Map<number, Peer> {
  const found = new Map<number, Peer>();
  const wanted = links.filter(link => link.kind === 'veth' && link.peer !== undefined);
  if (wanted.length === 0) return found;
  const others = [...view.world.namespaces.all()].filter(each => each.type === 'net').slice(0, SEARCHED);
  for (const other of others) {
    const isSame = other.inode === view.namespace.inode;
    for (const far of isSame ? links : linksOf(view, other)) {
      const near = wanted.find(link => link.peer === far.index && far.peer === link.index && (link.peerNamespace === undefined) === isSame);
      // Indexes repeat in every namespace; two candidates mean that neither is certain.
      if (near && far.kind === 'veth')
        found.has(near.index) ? found.delete(near.index) : found.set(near.index, { name: far.name, inode: other.inode });
    }
  }
  return found;
}

function linksOf({ world }: View, other: NamespaceNode): Link[] {
  try {
    const fd = world.opener.open(other);
    try {
      using socket = visit('net', fd, `net:[${other.inode}]`, () => new RouteSocket());
      return getLinks(socket);
    } finally {
      closeSync(fd);
    }
  } catch {
    return []; // it ended, or may not be entered: then the peer stays unnamed
  }
}
