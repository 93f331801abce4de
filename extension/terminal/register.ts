import { type Disposable, window } from 'vscode';
import type { Session } from '../session.ts';
import { registerLinks } from './links.ts';
import { profileIds } from './profile-ids.ts';
import { registerScreens } from './screens.ts';

/** What opens terminals is loaded with the first: a window without any has nothing of it. */
export const registerTerminals = (session: Session): Disposable[] => [
  ...registerScreens(session),
  registerRestoring(session),
  registerLinks(session),
  ...profileIds.map(id =>
    window.registerTerminalProfileProvider(id, {
      provideTerminalProfile: async () => (await import('./profiles.ts')).provideProfile(session, id),
    }),
  ),
];

function registerRestoring(session: Session): Disposable {
  const listening = session.onDidChangeState(({ kind }) => {
    if (kind !== 'running') return;
    // A helper that is started later has kept nothing.
    listening.dispose();
    import('./again.ts').then(({ restore }) => restore(session)).catch((error: unknown) => session.log.error(String(error)));
  });
  return listening;
}
