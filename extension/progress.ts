import { ProgressLocation, window } from 'vscode';

const progressAfterMs = 300;

/** Shows that something is under way once it takes long enough to wonder. */
export async function withProgress<T>(title: string, work: Promise<T>): Promise<T> {
  const done = work.then(
    () => true,
    () => true,
  );
  const soon = new Promise<false>(resolve => setTimeout(() => resolve(false), progressAfterMs));
  if (!(await Promise.race([done, soon]))) await window.withProgress({ location: ProgressLocation.Notification, title }, () => done);
  return work;
}
