import { type ExtensionContext, window } from 'vscode';
import { registerContainers } from './containers/register.ts';
import { registerDocuments } from './documents/register.ts';
import { registerAutoStart } from './helper-client/auto-start.ts';
import { registerStatusBar } from './helper-client/status-bar.ts';
import { registerNamespaces } from './namespaces/register.ts';
import { registerCommands } from './register-commands.ts';
import { registerSandboxes } from './sandboxes/register.ts';
import { Session } from './session.ts';
import { registerTasks } from './tasks/register.ts';
import { registerTerminals } from './terminal/register.ts';

let session: Session | undefined;

function start(context: ExtensionContext): void {
  const { subscriptions } = context;
  const log = window.createOutputChannel('Burrow', { log: true });
  session = new Session(log, context.asAbsolutePath('dist/burrow.cjs'), {
    everywhere: context.globalState,
    workspace: context.workspaceState,
  });
  const views = [registerSandboxes(session), registerContainers(session), registerNamespaces(session)];
  subscriptions.push(log, ...views, ...registerCommands(session), ...registerDocuments(session), ...registerStatusBar(session));
  subscriptions.push(...registerTerminals(session), registerTasks(session));
  subscriptions.push(...registerAutoStart(session, views));
}

export function activate(context: ExtensionContext): void {
  try {
    start(context);
  } catch (error) {
    // The editor shows nothing of its own when an activation fails.
    void window.showErrorMessage(`Burrow could not start: ${error instanceof Error ? error.message : String(error)}`);
    throw error;
  }
}

/** Ends the terminals; the helper and its sandboxes live on. */
export function deactivate(): void {
  session?.disconnect();
}
