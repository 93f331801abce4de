// Where the helper answers when nobody says otherwise.
import { existsSync } from 'node:fs';
import { env, getuid } from 'node:process';

const SYSTEM = '/run/burrow/helper.sock';

/** The root helper's where there is one; an ordinary user's own helper serves in the user's runtime directory. */
export function defaultSocket({ serves }: { readonly serves: boolean }): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  if (getuid?.() === 0 || runtime === undefined || (!serves && existsSync(SYSTEM))) return SYSTEM;
  return `${runtime}/burrow/helper.sock`;
}

/** The option that leads there, which nobody needs who is led there anyway. */
export const socketWords = (socket: string): string[] => (socket === defaultSocket({ serves: false }) ? [] : ['--socket', socket]);
