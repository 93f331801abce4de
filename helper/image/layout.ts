// An OCI image layout directory: opened as the caller, each blob held against its digest.
import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import type * as z from 'zod';
import { SysError } from '../sys/errors.ts';
import { type Caller, openBeneathAs, openDirectoryAs } from './as-caller.ts';
import { Fault } from './fault.ts';
import { type Descriptor, Index, LayoutFile } from './oci-format.ts';
import { piecesOf } from './reading.ts';

/** Manifests are read into memory; registries take none above 4 MiB. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;

export class Layout implements Disposable {
  readonly #directory: number;
  readonly #caller: Caller;
  readonly #signal: AbortSignal;

  /** @throws SysError with the path as subject */
  constructor(path: string, caller: Caller, signal: AbortSignal) {
    this.#directory = openDirectoryAs(caller, path);
    this.#caller = caller;
    this.#signal = signal;
  }

  [Symbol.dispose](): void {
    closeSync(this.#directory);
  }

  /** @throws Fault for a directory that is no image layout */
  async index(): Promise<z.infer<typeof Index>> {
    try {
      await this.#file('oci-layout', LayoutFile);
    } catch (error) {
      if (!(error instanceof SysError && error.errno === 'ENOENT')) throw error;
      throw new Fault('it is no OCI image layout: it has no file oci-layout');
    }
    return this.#file('index.json', Index);
  }

  /** @throws Fault for contents other than the digest says, or than the schema takes */
  async json<T>(descriptor: Descriptor, schema: z.ZodType<T>): Promise<T> {
    if (descriptor.size > MAX_JSON_BYTES) throw new Fault(`blob ${shown(descriptor.digest)} is larger than a manifest can be`);
    const pieces: Buffer[] = [];
    for await (const piece of this.blob(descriptor)) pieces.push(piece);
    return parsed(Buffer.concat(pieces), schema, `blob ${shown(descriptor.digest)}`);
  }

  /** A blob's bytes; the last of them come only if all were as its digest says. @throws Fault otherwise */
  async *blob(descriptor: Descriptor): AsyncGenerator<Buffer> {
    const { digest, size } = descriptor;
    const hex = /^sha256:([a-f0-9]{64})$/.exec(digest)?.[1];
    if (hex === undefined) throw new Fault(`${shown(digest)} is no sha256 digest`);
    const fd = openBeneathAs(this.#caller, this.#directory, `blobs/sha256/${hex}`);
    try {
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const piece of piecesOf(fd, this.#signal)) {
        bytes += piece.length;
        if (bytes > size) break;
        hash.update(piece);
        yield piece;
      }
      if (bytes !== size) throw new Fault(`blob ${shown(digest)} is not ${size} bytes long, as its descriptor says`);
      if (hash.digest('hex') !== hex) throw new Fault(`blob ${shown(digest)} has other contents than its digest says`);
    } finally {
      closeSync(fd);
    }
  }

  async #file<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const fd = openBeneathAs(this.#caller, this.#directory, path);
    try {
      const pieces: Buffer[] = [];
      let bytes = 0;
      for await (const piece of piecesOf(fd, this.#signal)) {
        bytes += piece.length;
        if (bytes > MAX_JSON_BYTES) throw new Fault(`${path} is larger than 4 MiB`);
        pieces.push(piece);
      }
      return parsed(Buffer.concat(pieces), schema, path);
    } finally {
      closeSync(fd);
    }
  }
}

/** Enough of a digest to find it, and no more of what may be any text. */
export const shown = (digest: string): string => JSON.stringify(digest.slice(0, 19)).slice(1, -1);

function parsed<T>(bytes: Buffer, schema: z.ZodType<T>, whose: string): T {
  const { data, error } = schema.safeParse(json(bytes, whose));
  if (!error) return data;
  const [issue] = error.issues;
  throw new Fault(
    `${whose} is not as the OCI image specification has it: ${JSON.stringify(issue?.path.join('.'))} ${issue?.message ?? ''}`,
  );
}

function json(bytes: Buffer, whose: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new Fault(`${whose} is no JSON`);
  }
}
