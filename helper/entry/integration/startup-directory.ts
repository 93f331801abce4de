// A directory for zsh, which takes its script from nowhere else: a file system of its own that is mounted nowhere,
// cannot be written to, and is handed to the shell as a descriptor.
import { closeSync, writeFileSync } from 'node:fs';
import { AT_EMPTY_PATH, FSCONFIG_CMD_CREATE, MOUNT_ATTR_RDONLY } from '../../sys/flags.ts';
import { reopenPath } from '../../sys/in-root.ts';
import { sys } from '../../sys/libc.ts';
import { zsh } from './zsh.ts';

/** FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC. */
const CLOEXEC = 1;

let made: number | undefined;

/** One for all shells, kept as long as the helper lives. @throws SysError of fsopen and what follows: EPERM without root */
export function startupDirectory(): number {
  made ??= make();
  return made;
}

function make(): number {
  const context = sys('fsopen', 'tmpfs', 'tmpfs', CLOEXEC);
  try {
    sys('fsconfig', 'tmpfs', context, FSCONFIG_CMD_CREATE);
    const mounted = sys('fsmount', 'tmpfs', context, CLOEXEC, 0);
    writeFileSync(`${reopenPath(mounted)}/.zshenv`, zsh, { mode: 0o644 });
    const attributes = Buffer.alloc(32); // struct mount_attr
    attributes.writeBigUInt64LE(BigInt(MOUNT_ATTR_RDONLY), 0);
    sys('mount_setattr', 'tmpfs', mounted, '', AT_EMPTY_PATH, attributes, attributes.length);
    return mounted;
  } finally {
    closeSync(context);
  }
}
