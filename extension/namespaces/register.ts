import { Disposable, EventEmitter, workspace } from 'vscode';
import type { Session } from '../session.ts';
import { type MachineView, showTree } from '../tree/view.ts';
import { readArrangement } from './arrange.ts';
import { describeArrangement } from './arrangement.ts';
import { namespaceTree } from './model.ts';

/** The view of the namespaces, as its settings want it; what it leaves out stands beside its title. */
export function registerNamespaces(session: Session): MachineView {
  const rearranged = new EventEmitter<void>();
  let arrangement = readArrangement();
  const shown = showTree(session, 'burrow.namespaces', machine => namespaceTree(machine, arrangement), rearranged.event);
  const describe = (): void => {
    shown.view.description = describeArrangement(arrangement);
  };
  describe();
  const listening = workspace.onDidChangeConfiguration(change => {
    if (!change.affectsConfiguration('burrow.namespaces')) return;
    arrangement = readArrangement();
    describe();
    rearranged.fire();
  });
  return { ...shown, dispose: () => Disposable.from(listening, rearranged, shown).dispose() };
}
