import { Disposable, EventEmitter } from 'vscode';
import { whyNoSandbox } from '../helper-client/features.ts';
import type { Session } from '../session.ts';
import { type MachineView, showTree } from '../tree/view.ts';
import { sandboxNodeId, sandboxTree } from './model.ts';
import { Usages } from './usages.ts';

/** The view of the sandboxes; it shows the person where the one is that was made just now. */
export function registerSandboxes(session: Session): MachineView {
  const learned = new EventEmitter<void>();
  const usages: Usages = new Usages(
    session,
    () => (shown.view.visible && session.hello ? session.machine.sandboxes.map(each => each.id) : []),
    () => learned.fire(),
  );
  const known = { runOf: (id: string) => session.runs.of(id), usageOf: (id: string) => usages.of(id) };
  const shown = showTree(session, 'burrow.sandboxes', machine => sandboxTree(machine, known), learned.event);
  const reveal = async (id: string): Promise<void> => {
    const element = await shown.root(sandboxNodeId(id));
    if (element) await shown.view.reveal(element, { select: true, focus: false });
  };
  const draw = (): void => {
    shown.view.message = (session.hello && whyNoSandbox(session.hello)) ?? '';
  };
  draw();
  const warn = (error: unknown): void => session.log.warn(String(error));
  let ids = '';
  const listening = [
    session.onDidChangeState(draw),
    // The view may be hidden or drawing something else; the sandbox is made all the same.
    session.onDidMakeSandbox(({ id }) => void reveal(id).catch(warn)),
    shown.view.onDidChangeVisibility(() => void usages.look().catch(warn)),
    // The machine changes all the time, and which sandboxes there are seldom.
    session.onDidChangeMachine(() => {
      const now = session.machine.sandboxes.map(each => each.id).join();
      if (now !== ids) usages.look().catch(warn);
      ids = now;
    }),
  ];
  return { ...shown, dispose: () => Disposable.from(...listening, usages, learned, shown).dispose() };
}
