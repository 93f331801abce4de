import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { after, afterEach, before } from 'node:test';
import {
  type Holders,
  type Namespace,
  type NamespaceKey,
  type NamespaceType,
  noHolders,
  type Process,
  type Snapshot,
} from '../../../helper/protocol/model.ts';
import { eventually } from '../../support/eventually.ts';
import { Machine } from './machine.ts';
import { Keepers } from './makers/keeper.ts';
import { inodeOf } from './namespaces.ts';

export const findIn = (snapshot: Snapshot, { type, inode }: NamespaceKey): Namespace | undefined =>
  snapshot.namespaces.find(each => each.type === type && each.inode === inode);

export const keyOf = (pid: number, type: NamespaceType): NamespaceKey => ({ type, inode: inodeOf(pid, type) });

/** Lists of holders have no order. */
const sorted = (holders: Holders): unknown =>
  Object.fromEntries(
    Object.entries(holders).map(([kind, list]) => [kind, Array.isArray(list) ? list.map(each => JSON.stringify(each)).sort() : list]),
  );

/** A helper, processes that keep namespaces alive, and what the helper says of them. */
export class Scene {
  readonly keepers = new Keepers();
  /** Where a test can put what it mounts. */
  readonly folder = `/tmp/burrow-kernel-${process.pid}`;
  #machine: Machine | undefined;

  async begin(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    this.#machine = await Machine.start();
  }

  async end(): Promise<void> {
    await this.machine.stop();
    rmSync(this.folder, { recursive: true });
  }

  get machine(): Machine {
    if (!this.#machine) throw new Error('the scene has not begun');
    return this.#machine;
  }

  snapshot(): Promise<Snapshot> {
    return this.machine.call('namespaces/snapshot', {});
  }

  /** Asks until the answer equals `expected`; if it never does, fails with how it differs. */
  async comesToBe<T>(expected: T, look: (snapshot: Snapshot) => T): Promise<Snapshot> {
    let latest: { readonly value: T } | undefined;
    const equal = async (): Promise<Snapshot | undefined> => {
      const snapshot = await this.snapshot();
      latest = { value: look(snapshot) };
      try {
        assert.deepEqual(latest.value, expected);
        return snapshot;
      } catch {
        return undefined;
      }
    };
    return eventually('what is expected', equal, 30).catch((error: unknown) => {
      if (latest) assert.deepEqual(latest.value, expected);
      throw error;
    });
  }

  /** These hold it, and nothing else does. */
  async holdersAre(key: NamespaceKey, holders: Partial<Holders>): Promise<Namespace> {
    const expected = sorted({ ...noHolders, ...holders });
    const seen = await this.comesToBe<unknown>(expected, snapshot => {
      const found = findIn(snapshot, key);
      return found && sorted(found.holders);
    });
    const found = findIn(seen, key);
    assert.ok(found);
    return found;
  }

  /** Nothing holds it any more. Another namespace may have its inode by now, but never its id. */
  async isGone(...namespaces: readonly Namespace[]): Promise<void> {
    await this.comesToBe([], snapshot =>
      namespaces.filter(gone => {
        const found = findIn(snapshot, gone);
        return found !== undefined && found.id === gone.id;
      }),
    );
  }

  async process(pid: number): Promise<Process> {
    const found = (await this.snapshot()).processes.find(each => each.pid === pid);
    assert.ok(found, `process ${pid} is not in the snapshot`);
    return found;
  }
}

/** The scene of all tests of the suite that this is called in. */
export function setScene(): Scene {
  const scene = new Scene();
  before(() => scene.begin());
  afterEach(async () => {
    await scene.keepers.stop();
    await scene.machine.requireClean();
  });
  after(() => scene.end());
  return scene;
}
