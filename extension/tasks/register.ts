import { type Disposable, TaskScope, tasks } from 'vscode';
import type { Session } from '../session.ts';
import { taskType } from './task-type.ts';

/** What reads and runs them is loaded with the first that somebody looks for: most windows have none. */
export const registerTasks = (session: Session): Disposable =>
  tasks.registerTaskProvider(taskType, {
    provideTasks: async () => (await import('./tasks.ts')).offeredTasks(session),
    // The definition has to be the very one that was given.
    resolveTask: async ({ definition, scope, name }) =>
      (await import('./tasks.ts')).taskOf(session, definition, scope ?? TaskScope.Workspace, name),
  });
