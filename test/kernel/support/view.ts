import { Helper } from '../../../helper/client/connect.ts';
import { onNotification } from '../../../helper/protocol/calls.ts';
import type { Difference } from '../../../helper/protocol/difference.ts';
import type { NamespaceKey, Snapshot } from '../../../helper/protocol/model.ts';
import { eventually } from '../../support/eventually.ts';
import { apply } from '../../support/snapshots.ts';
import { findIn } from './discovery.ts';

/** What a window shows: it watches, asks for nothing, and applies what it is told in the order in which it comes. */
export class View implements Disposable {
  latest: Snapshot = { namespaces: [], processes: [], containers: [], gaps: [] };
  /** How often it was told that everything was read again. */
  resynchronised = 0;
  readonly differences: Difference[] = [];
  readonly helper: Helper;

  private constructor(helper: Helper) {
    this.helper = helper;
    onNotification(helper.wire, 'namespaces/changed', difference => {
      this.differences.push(difference);
      this.latest = apply(this.latest, difference);
      if (difference.resynchronised) this.resynchronised++;
    });
  }

  /** On a connection of its own; resolves when it knows everything there is. */
  static async open(socket: string): Promise<View> {
    const view = new View(await Helper.reach(socket));
    await view.helper.request('namespaces/watch', {});
    await eventually('the first parts', () => {
      const last = view.differences.at(-1);
      return last !== undefined && !last.partial;
    });
    return view;
  }

  has(key: NamespaceKey): boolean {
    return findIn(this.latest, key) !== undefined;
  }

  hasProcess(pid: number): boolean {
    return this.latest.processes.some(each => each.pid === pid);
  }

  /** What no event tells of is looked for in turn, and the more rarely the more processes there are. */
  comesToShow(what: string, look: () => boolean): Promise<boolean> {
    return eventually(`news of ${what}`, look, 120);
  }

  [Symbol.dispose](): void {
    this.helper[Symbol.dispose]();
  }
}
