import { type Disposable, StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { CommandId } from '../command-ids.ts';
import type { HelperState, Session } from '../session.ts';

interface Look {
  readonly icon: string;
  readonly tooltip: string;
  readonly warns?: boolean;
}

function lookOf(state: HelperState): Look {
  switch (state.kind) {
    case 'stopped':
      return { icon: 'circle-slash', tooltip: "Burrow's helper is not running" };
    case 'starting':
      return { icon: 'loading~spin', tooltip: "Burrow's helper is starting" };
    case 'died':
      return { icon: 'warning', tooltip: state.reason, warns: true };
    case 'running':
      return state.hello.privileged
        ? { icon: 'shield', tooltip: `Burrow's helper runs as root, process ${state.hello.pid}` }
        : { icon: 'person', tooltip: `Burrow's helper runs without root, process ${state.hello.pid}` };
  }
}

export function registerStatusBar(session: Session): Disposable[] {
  const item = window.createStatusBarItem('burrow.helper', StatusBarAlignment.Left);
  item.name = 'Burrow';
  item.command = 'burrow.helper.actions' satisfies CommandId;
  const draw = (state: HelperState): void => {
    const { icon, tooltip, warns } = lookOf(state);
    item.text = `$(${icon}) Burrow`;
    item.tooltip = tooltip;
    item.accessibilityInformation = { label: `Burrow: ${tooltip}` };
    item.backgroundColor = warns ? new ThemeColor('statusBarItem.warningBackground') : undefined;
  };
  draw(session.state);
  item.show();
  return [item, session.onDidChangeState(draw)];
}
