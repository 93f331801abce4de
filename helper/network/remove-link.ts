// Taking a link away without waiting for what nobody sees. The kernel takes it out of sight and announces that within
// a millisecond; its answer comes 10 to 40 ms later, when no processor can still be using the link's memory.
import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { background } from '../sys/background.ts';
import { SysError } from '../sys/errors.ts';
import { RequestFailed, RouteSocket } from '../sys/netlink.ts';
import { answeredErrno } from '../sys/netlink-messages.ts';
import { announcesEnd, linkDeletion, RTMGRP_LINK } from './rtnetlink.ts';

/** Each holds one of the four threads of libuv's pool until the kernel has answered. */
const AT_A_TIME = 3;
/** Looking takes a few microseconds; waiting for the socket would take another thread of the pool. */
const LOOK_MS = 1;

let underWay = 0;
const waiting: (() => void)[] = [];

async function begin(): Promise<void> {
  if (underWay < AT_A_TIME) underWay++;
  else await new Promise<void>(resolve => waiting.push(resolve));
}

/** The place of one that is done is the next one's. */
function end(): void {
  const next = waiting.shift();
  if (next) next();
  else underWay--;
}

/**
 * Resolves when this network namespace has no link of that name any more; of a veth pair the other end is gone then too.
 * One that is not there is no error.
 * @throws SysError of RTM_DELLINK, as EOPNOTSUPP for a link that cannot be removed
 */
export async function removeLink(name: string): Promise<void> {
  await begin();
  let answered = Promise.resolve();
  let close = (): void => undefined;
  try {
    const socket = new RouteSocket(RTMGRP_LINK);
    close = () => socket[Symbol.dispose]();
    let failure: unknown;
    answered = socket.sendInBackground(linkDeletion(name)).catch((error: unknown) => {
      failure = error;
    });
    while (!failure && !isGone(socket, name)) await pause(LOOK_MS);
    if (failure) throw failure;
  } catch (error) {
    if (!(error instanceof SysError && error.errno === 'ENOBUFS')) throw error;
    await answered; // so much else was announced that the end may have been missed
    removeAtOnce(name);
  } finally {
    background('the answer to a removal', () => answered.then(close).finally(end));
  }
}

/** @throws SysError with the errno that the kernel answered */
function isGone(socket: RouteSocket, name: string): boolean {
  const messages = socket.received();
  const errno = messages.map(answeredErrno).find(each => each !== undefined) ?? 0;
  if (errno !== 0 && errno !== constants.errno.ENODEV) throw new RequestFailed(linkDeletion(name), 0, errno);
  return errno === constants.errno.ENODEV || messages.some(each => announcesEnd(each, name) || answeredErrno(each) === 0);
}

/** Waits on this thread for all of it: for when nothing can go on before it is done. See {@link removeLink}. */
function removeAtOnce(name: string): void {
  using socket = new RouteSocket();
  try {
    socket.request(linkDeletion(name));
  } catch (error) {
    if (!(error instanceof RequestFailed && error.errno === 'ENODEV')) throw error;
  }
}
