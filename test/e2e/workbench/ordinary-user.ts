import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { Missing } from '../../support/fixture.ts';
import { processes } from '../../support/processes.ts';
import type { Owner } from './profile.ts';
import { installedHost } from './server.ts';

/** Somebody who is not root, but may become root with sudo and a password. */
export class OrdinaryUser {
  readonly name = `burrow-e2e-${process.pid}`;
  readonly password = `in ${process.pid} a burrow`;
  readonly #rules = `/etc/sudoers.d/${this.name}`;
  #view: string | undefined;

  /** @throws Missing when there is no sudo */
  create(): Owner {
    if (!existsSync('/usr/bin/sudo')) throw new Missing('sudo is not installed: apt-get install sudo');
    execFileSync('useradd', ['--create-home', '--shell', '/bin/bash', this.name]);
    execFileSync('chpasswd', { input: `${this.name}:${this.password}\n` });
    writeFileSync(this.#rules, `${this.name} ALL=(ALL) ALL\n`, { mode: 0o440 });
    return this.owner;
  }

  get owner(): Owner {
    const id = (option: string) => Number(execFileSync('id', [option, this.name], { encoding: 'utf8' }));
    return { uid: id('-u'), gid: id('-g') };
  }

  /** The home directory, and who it is of, instead of root's. */
  get environment(): Readonly<Record<string, string>> {
    return { HOME: `/home/${this.name}`, USER: this.name, LOGNAME: this.name, SHELL: '/bin/bash' };
  }

  /** Where this user can read code-server: the working tree may lie in somebody else's home directory. */
  host(): string {
    const { uid, gid } = this.owner;
    try {
      execFileSync('ls', [join(installedHost, 'node_modules')], { uid, gid, cwd: '/', stdio: 'ignore' });
      return installedHost;
    } catch {
      this.#view = mkdtempSync('/run/burrow-e2e-host-');
      execFileSync('mount', ['--bind', installedHost, this.#view]);
      return this.#view;
    }
  }

  /** With everything that runs as this user. */
  async remove(): Promise<void> {
    const { uid } = this.owner;
    const own = () => processes().filter(each => each.uid === uid);
    await eventually(`the end of the processes of ${this.name}`, () => {
      for (const { pid } of own()) process.kill(pid, 'SIGKILL');
      return own().length === 0;
    });
    if (this.#view) {
      execFileSync('umount', [this.#view]);
      rmSync(this.#view, { recursive: true });
    }
    rmSync(this.#rules, { force: true });
    execFileSync('userdel', ['--remove', '--force', this.name], { stdio: 'ignore' });
  }
}
