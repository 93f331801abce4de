// What engines are asked by HTTP over their sockets. One that is slow or answers nonsense costs the name and nothing else.
import { closeSync, fstatSync } from 'node:fs';
import { request } from 'node:http';
import type * as z from 'zod/mini';
import { O_PATH } from '../../sys/flags.ts';
import { openInRoot, reopenPath } from '../../sys/in-root.ts';
import { parseJson, type Root } from './roots.ts';

/** One container's answer has been seen with 10 KB. */
const ANSWER_BYTES = 4 << 20;

/** A socket, held so that nobody can put another in its place, and whose file it is. */
export interface HeldSocket extends Disposable {
  readonly path: string;
  readonly uid: number;
}

/** Undefined where there is no socket. */
export function holdSocket(root: Root, path: string): HeldSocket | undefined {
  let fd: number | undefined;
  try {
    fd = openInRoot(root.fd, path, O_PATH);
    const held = fd;
    const stat = fstatSync(held);
    if (!stat.isSocket()) throw new Error(`${path} is no socket`);
    return { path: reopenPath(held), uid: stat.uid, [Symbol.dispose]: () => closeSync(held) };
  } catch {
    if (fd !== undefined) closeSync(fd);
    return undefined;
  }
}

/** `silent` when there was no answer in time. */
export type Answer<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'none' | 'silent' };

/** @param path of the request, escaped. @param schema the part of the answer that is wanted */
export function askJson<T>(socketPath: string, path: string, schema: z.ZodMiniType<T>, answerMs: number): Promise<Answer<T>> {
  return new Promise(resolve => {
    const signal = AbortSignal.timeout(answerMs);
    const none = (): void => resolve({ kind: signal.aborted ? 'silent' : 'none' });
    const question = request({ socketPath, path, headers: { host: 'localhost' }, agent: false, signal }, answer => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > ANSWER_BYTES) answer.destroy();
        else parts.push(part);
      });
      answer.on('error', none).on('close', none);
      answer.on('end', () => {
        const value = answer.statusCode === 200 ? parseJson(Buffer.concat(parts).toString(), schema) : undefined;
        resolve(value === undefined ? { kind: 'none' } : { kind: 'value', value });
      });
    });
    question.on('error', none).end();
  });
}
