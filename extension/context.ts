import { commands } from 'vscode';
import type { ContextKey } from './command-ids.ts';

/** Sets what `when` clauses ask for. */
export const setContext = (key: ContextKey, value: unknown): Thenable<unknown> => commands.executeCommand('setContext', key, value);
