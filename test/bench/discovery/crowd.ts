import { readdirSync, readFileSync } from 'node:fs';
import { type NamespaceType, namespaceTypes } from '../../../helper/protocol/model.ts';
import { quiet } from '../machine.ts';
import type { Programs } from '../programs.ts';

/** All eight CLONE_NEW*, linux/sched.h. */
const EVERY_TYPE = 0x7e02_0080;
/** Programs of the machine come and go during a contest. */
const ROOM = 1000;

const kernelLimit = (path: string): number => Number(readFileSync(`/proc/sys/${path}`, 'utf8'));

export const processCount = (): number => readdirSync('/proc').filter(name => /^\d+$/.test(name)).length;

/** @throws Error naming the limit of the kernel that is too low for so many processes */
function requireRoomFor(count: number): void {
  const limits: readonly [path: string, needed: number][] = [
    ['kernel/pid_max', processCount() + count + ROOM],
    ['kernel/threads-max', processCount() + count + ROOM],
    ...namespaceTypes.map((type: NamespaceType): [string, number] => [`user/max_${type}_namespaces`, count / 2 + ROOM]),
  ];
  for (const [path, needed] of limits) {
    if (kernelLimit(path) < needed)
      throw new Error(`${count} processes need /proc/sys/${path} to be ${needed}; it is ${kernelLimit(path)}.`);
  }
}

/** Runs `work` among `count` sleeping processes, every second one with all eight namespaces of its own. */
export async function amidst<T>(programs: Programs, count: number, work: () => Promise<T>): Promise<T> {
  requireRoomFor(count);
  console.log(`among ${count} processes…`);
  const crowd = programs.start('crowd', String(count), EVERY_TYPE.toString(16));
  try {
    await crowd.line();
    await quiet();
    return await work();
  } finally {
    await crowd.end();
    await quiet();
  }
}
