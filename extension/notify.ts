import { commands, env, type LogOutputChannel, window } from 'vscode';
import { type Attempt, type Button, type Explanation, explain } from './helper-client/explain.ts';
import { inert } from './hostile-text.ts';

async function press(button: Button): Promise<void> {
  if ('copy' in button) await env.clipboard.writeText(button.copy);
  else await commands.executeCommand(button.command, button.argument);
}

/** Shows an explanation, and does what the person chooses. Settles when the notification is gone. */
export async function showExplanation({ message, buttons }: Explanation): Promise<void> {
  const choice = await window.showErrorMessage(inert(message), ...buttons.map(each => each.title));
  const button = buttons.find(each => each.title === choice);
  if (button) await press(button);
}

/** Logs an error in full, and shows it as a sentence with what can be done about it. Does not wait for the person. */
export function showError(log: LogOutputChannel, error: unknown, attempt: Attempt = {}): void {
  log.error(error instanceof Error ? error : String(error));
  showExplanation(explain(error, attempt)).catch((again: unknown) => log.error(String(again)));
}
