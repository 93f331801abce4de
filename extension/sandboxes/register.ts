import { Disposable } from 'vscode';
import type { Session } from '../session.ts';
import { type MachineView, showTree } from '../tree/view.ts';
import { sandboxNodeId, sandboxTree } from './model.ts';

/** The view of the sandboxes; it shows the person where the one is that was made just now. */
export function registerSandboxes(session: Session): MachineView {
  const shown = showTree(session, 'burrow.sandboxes', sandboxTree);
  const reveal = async (id: string): Promise<void> => {
    const element = await shown.root(sandboxNodeId(id));
    if (element) await shown.view.reveal(element, { select: true, focus: false });
  };
  const listening = session.onDidMakeSandbox(({ id }) => {
    // The view may be hidden or drawing something else; the sandbox is made all the same.
    reveal(id).catch((error: unknown) => session.log.warn(String(error)));
  });
  return { ...shown, dispose: () => Disposable.from(listening, shown).dispose() };
}
