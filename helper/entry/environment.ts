// What of a process's environment a command in its place gets.

/** What is about that process and not about the place: its terminal, its shell, what a service manager gave to it alone. */
const personal: ReadonlySet<string> = new Set([
  'TERM',
  'COLUMNS',
  'LINES',
  'SHLVL',
  'PWD',
  'OLDPWD',
  '_',
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'WATCHDOG_USEC',
  'MAINPID',
  'MANAGERPID',
  'INVOCATION_ID',
  'JOURNAL_STREAM',
  'CREDENTIALS_DIRECTORY',
  'SYSTEMD_EXEC_PID',
]);
const personalPrefixes = ['LISTEN_', 'MEMORY_PRESSURE_'];

const isPersonal = (name: string): boolean => personal.has(name) || personalPrefixes.some(prefix => name.startsWith(prefix));

/** What a shell can have as a variable; a process may have written anything over its environment to show a title. */
const variable = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/** /proc/PID/environ, proc_pid_environ(5): strings that each end in a NUL. What is no variable, or no UTF-8, is left out. */
export function environmentOf(bytes: Buffer): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of bytes.toString('latin1').split('\0')) {
    const [, name, value] = variable.exec(line) ?? [];
    if (name === undefined || value === undefined || isPersonal(name)) continue;
    const raw = Buffer.from(value, 'latin1');
    const text = raw.toString('utf8');
    // The first of two is what getenv(3) finds.
    if (Buffer.from(text).equals(raw) && !Object.hasOwn(found, name)) found[name] = text;
  }
  return found;
}
