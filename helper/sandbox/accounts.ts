// The files that say which ids of this machine are whose.
import { existsSync, readFileSync } from 'node:fs';

/** The texts of the files, as they are on this machine. */
export interface Accounts {
  readonly passwd: string;
  readonly group: string;
  readonly subuid: string;
  readonly subgid: string;
  /** login.defs(5): from where useradd(8) takes subordinate ids. */
  readonly loginDefs: string;
  /** usermod(8) is there, and the two files of subordinate ids: it adds to them, and makes none. */
  readonly hasUsermod: boolean;
  /** The first id of tenant 0. */
  readonly firstTenant: number;
}

/** Where the blocks of the tenants begin, above what useradd(8) and systemd hand out by themselves. */
const USUAL_FIRST_TENANT = 1_000_000;

/** Each file is read when it is asked for: most sandboxes need none. */
export const readAccounts = (firstTenant = USUAL_FIRST_TENANT): Accounts => ({
  get passwd() {
    return readIfThere('/etc/passwd');
  },
  get group() {
    return readIfThere('/etc/group');
  },
  get subuid() {
    return readIfThere('/etc/subuid');
  },
  get subgid() {
    return readIfThere('/etc/subgid');
  },
  get loginDefs() {
    return readIfThere('/etc/login.defs');
  },
  get hasUsermod() {
    return ['/usr/sbin/usermod', '/etc/subuid', '/etc/subgid'].every(each => existsSync(each));
  },
  firstTenant,
});

/** passwd(5) and group(5), which have the name and the id in the same places. */
export const entriesOf = (text: string): { name: string; id: number }[] =>
  text.split('\n').flatMap(line => {
    const [name, , id] = line.split(':');
    return name && id && /^\d+$/.test(id) ? [{ name, id: Number(id) }] : [];
  });

/** @returns undefined for a user whom the file does not name, as one of a directory service */
export const nameInFile = (uid: number, { passwd }: Accounts): string | undefined => entriesOf(passwd).find(each => each.id === uid)?.name;

export const accountName = (uid: number, accounts: Accounts): string => nameInFile(uid, accounts) ?? String(uid);

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // a host without subordinate ids, or without the shadow suite
  }
}
