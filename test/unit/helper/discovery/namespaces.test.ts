import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { NamespaceNode } from '../../../../helper/discovery/namespace-node.ts';
import { type Claim, Namespaces } from '../../../../helper/discovery/namespaces.ts';
import { holderLimit, type NamespaceKey } from '../../../../helper/protocol/model.ts';

const net: NamespaceKey = { type: 'net', inode: 7 };
const unrelated = { id: undefined, owner: undefined, parent: undefined, ownerUid: undefined };

const byFile = (fd: number, namespace = net): Claim => ({ namespace, kind: 'descriptors', claimant: { pid: 5, fd } });

describe('the namespaces that are known', () => {
  let alive: Set<number>;
  let namespaces: Namespaces;

  beforeEach(() => {
    alive = new Set();
    namespaces = new Namespaces(node => alive.has(node.inode));
  });

  /** As if the kernel had been asked, and the node told to clients. */
  function relate(node: NamespaceNode, owner?: number, parent?: number): void {
    namespaces.relate(node, { ...unrelated, owner, parent });
    node.isPublished = true;
  }

  it('live as long as somebody claims them', () => {
    namespaces.replaceClaims('descriptors:5', [byFile(3), byFile(4)]);
    const node = namespaces.find(net);
    assert.ok(node);
    relate(node);
    namespaces.replaceClaims('descriptors:5', [byFile(4)]);
    assert.deepEqual([...node.claims('descriptors')], [{ pid: 5, fd: 4 }]);
    namespaces.replaceClaims('descriptors:5', []);
    assert.equal(namespaces.find(net), undefined);
    assert.deepEqual(namespaces.takeChanges().removed, [node]);
  });

  it('are not told as gone when they were never told', () => {
    namespaces.replaceClaims('descriptors:5', [byFile(3)]);
    namespaces.replaceClaims('descriptors:5', []);
    assert.deepEqual(namespaces.takeChanges(), { changed: [], removed: [] });
  });

  it('keep one claim when another source lets go', () => {
    namespaces.replaceClaims('descriptors:5', [byFile(3)]);
    namespaces.replaceClaims('mounts:9', [{ namespace: net, kind: 'mounts', claimant: { path: '/x', mnt: 9 } }]);
    namespaces.replaceClaims('descriptors:5', []);
    assert.deepEqual(namespaces.find(net)?.describe(false).holders.mounts, [{ path: '/x', mnt: 9 }]);
  });

  it('go with the child that alone kept them, all the way up', () => {
    namespaces.replaceClaims('descriptors:5', [byFile(3)]);
    const child = namespaces.find(net);
    assert.ok(child);
    relate(child, 20);
    const owner = namespaces.find({ type: 'user', inode: 20 });
    assert.ok(owner);
    relate(owner, 30, 30);
    const elder = namespaces.find({ type: 'user', inode: 30 });
    assert.ok(elder);
    relate(elder);
    assert.deepEqual(elder.describe(false).holders.children, [{ type: 'user', inode: 20 }]);
    namespaces.replaceClaims('descriptors:5', []);
    assert.deepEqual([...namespaces.all()], []);
    assert.deepEqual(new Set(namespaces.takeChanges().removed), new Set([child, owner, elder]));
  });

  it('have another owner when their inode is another namespace’s', () => {
    namespaces.replaceClaims('descriptors:5', [byFile(3)]);
    const node = namespaces.find(net);
    assert.ok(node);
    relate(node, 20);
    relate(node, 21);
    assert.equal(namespaces.find({ type: 'user', inode: 20 }), undefined);
    assert.deepEqual(namespaces.find({ type: 'user', inode: 21 })?.describe(false).holders.children, [net]);
  });

  it('stay, without a holder, as long as the kernel has them', () => {
    alive.add(net.inode);
    namespaces.replaceClaims('descriptors:5', [byFile(3)]);
    namespaces.replaceClaims('descriptors:5', []);
    const node = namespaces.find(net);
    assert.ok(node?.isUnseen);
    assert.equal(node.describe(false).holders.processes, 0);
    alive.clear();
    namespaces.checkDoubtful();
    assert.equal(namespaces.find(net), undefined);
  });

  it('are no longer doubted when a holder turns up', () => {
    alive.add(net.inode);
    namespaces.addUnseen(net);
    namespaces.replaceClaims('descriptors:5', [byFile(3)]);
    namespaces.checkDoubtful();
    assert.equal(namespaces.find(net)?.isUnseen, false);
    assert.equal(namespaces.hasDoubtful, false);
  });

  it('name so many holders of a kind and count the rest', () => {
    const claims = Array.from({ length: holderLimit + 3 }, (_, fd) => byFile(fd));
    namespaces.replaceClaims('descriptors:5', claims);
    const holders = namespaces.find(net)?.describe(false).holders;
    assert.equal(holders?.descriptors?.length, holderLimit);
    assert.equal(holders?.unnamed, 3);
  });

  it('are called as ip netns calls them, by a mount that the helper sees', () => {
    const mounted = (path: string, mnt?: number): Claim => ({
      namespace: net,
      kind: 'mounts',
      claimant: { path, ...(mnt !== undefined && { mnt }) },
    });
    namespaces.replaceClaims('mounts:9', [mounted('/run/netns/elsewhere', 9)]);
    assert.equal(namespaces.find(net)?.describe(false).name, undefined);
    namespaces.replaceClaims('mounts:1', [mounted('/run/netns/blue')]);
    assert.equal(namespaces.find(net)?.describe(false).name, 'blue');
  });
});
