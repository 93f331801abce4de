// A transient unit of systemd's, in which the helper outlives the login session that it was started in.
import { existsSync } from 'node:fs';

/** sd_booted(3) */
export const isSystemdRunning = (): boolean => existsSync('/run/systemd/system');

/**
 * The command line of systemd-run(1) up to the command, which takes its place: environment, streams and exit status are
 * the command's. A scope has no main process: who is left in it when the helper ends, a program in a terminal say, goes
 * on, and the next helper has a scope of another name.
 * @param id one that no unit has had
 * @param uid whose systemd; an ordinary user's ends with the user's last session
 */
export const inScope = (id: string, uid: number, socket: string): readonly string[] => [
  'systemd-run',
  ...(uid === 0 ? [] : ['--user']),
  ...['--scope', '--quiet', '--collect', '--no-ask-password'],
  `--unit=burrow-helper-${id}`,
  `--description=Burrow's helper on ${socket}`,
  // Without controllers it changes nothing but what happens when memory runs out: the kernel's choice takes no other along.
  '--property=Delegate=',
  // As in a login session.
  '--property=TasksMax=infinity',
  '--',
];
