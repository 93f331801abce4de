import type { Disposable } from 'vscode';
import type { Session } from '../session.ts';
import { registerRestoring } from './again.ts';
import { registerLinks } from './links.ts';
import { registerProfiles } from './profiles.ts';
import { registerScreens } from './screens.ts';

export const registerTerminals = (session: Session): Disposable[] => [
  ...registerScreens(session),
  registerRestoring(session),
  registerLinks(session),
  ...registerProfiles(session),
];
