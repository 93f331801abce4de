import { Helper } from '../../../helper/client/connect.ts';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { HelperFailure } from '../../../helper/protocol/helper-failure.ts';

/** A connection of another user's: whose it is the kernel notes when it is made, which is before this returns its promise. */
export function reachAs(uid: number, socket: string): Promise<Helper> {
  if (uid === 0) return Helper.reach(socket);
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([]);
  process.setegid?.(uid);
  process.seteuid?.(uid);
  try {
    return Helper.reach(socket);
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}

/** The failure that a request ends with; undefined where it ends well. */
export async function failureOf(asked: Promise<unknown>): Promise<Failure | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (error instanceof HelperFailure) return error.failure;
    throw error;
  }
}
