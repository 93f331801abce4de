// Names of Docker's and Podman's containers, asked from the engines' own API. An engine that is
// absent, slow or answers nonsense costs the names and nothing else.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { request } from 'node:http';
import * as z from 'zod';
import type { Process } from '../protocol/model.ts';

const ANSWER_MS = 2000;
const ASK_AGAIN_MS = 30_000;
const ANSWER_BYTES = 32 << 20;
const usualSockets = ['/run/docker.sock', '/run/podman/podman.sock'];

/** The part of `GET /containers/json` that is used. */
const Listing = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()).default([]),
    Image: z.string().optional(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

export interface Known {
  readonly name: string;
  readonly image?: string;
  readonly labels: Record<string, string>;
}

export class DockerNames {
  #known = new Map<string, Known>();
  /** Ids that no engine knew, and until when it is not worth asking again. */
  readonly #unknown = new Map<string, number>();
  readonly #asked = new Set<string>();

  lookup(id: string): Known | undefined {
    const known = this.#known.get(id);
    if (!known && (this.#unknown.get(id) ?? 0) < performance.now()) this.#asked.add(id);
    return known;
  }

  /** True when there was a lookup of an id that no engine was asked for yet. */
  get isStale(): boolean {
    return this.#asked.size > 0;
  }

  async refresh(processes: readonly Process[]): Promise<void> {
    const answers = await Promise.all(engineSockets(processes).map(listContainers));
    this.#known = new Map(
      answers.flat().map(each => {
        const name = each.Names[0]?.replace(/^\//, '') || each.Id.slice(0, 12);
        return [each.Id, { name, labels: each.Labels ?? {}, ...(each.Image !== undefined && { image: each.Image }) }];
      }),
    );
    for (const id of this.#asked) if (!this.#known.has(id)) this.#unknown.set(id, performance.now() + ASK_AGAIN_MS);
    this.#asked.clear();
  }
}

function listContainers(socketPath: string): Promise<z.infer<typeof Listing>> {
  return new Promise(resolve => {
    const none = (): void => resolve([]);
    const question = request(
      { socketPath, path: '/containers/json', headers: { host: 'docker' }, signal: AbortSignal.timeout(ANSWER_MS) },
      answer => {
        const parts: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (part: Buffer) => {
          bytes += part.length;
          if (bytes > ANSWER_BYTES) answer.destroy();
          else parts.push(part);
        });
        answer.on('error', none).on('close', none);
        answer.on('end', () => resolve(parseListing(Buffer.concat(parts))));
      },
    );
    question.on('error', none).end();
  });
}

function parseListing(body: Buffer): z.infer<typeof Listing> {
  try {
    return Listing.parse(JSON.parse(body.toString()));
  } catch {
    return [];
  }
}

/**
 * The usual paths, and those on which a dockerd of the helper's own user or root listens: engines are
 * often started with a socket elsewhere.
 */
function engineSockets(processes: readonly Process[]): string[] {
  const own = process.getuid?.();
  const engines = processes.filter(each => each.name === 'dockerd' && (each.uid === 0 || each.uid === own));
  const found = engines.length > 0 ? engines.flatMap(each => listeningSockets(each.pid)) : [];
  return [...new Set([...usualSockets.filter(isSocket), ...found])];
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** /proc/PID/net/unix, of the network namespace that it is in, proc_pid_net(5): the seventh field is the inode, the eighth the path; flag 0x10000 means it listens. */
function listeningSockets(pid: number): string[] {
  const inodes = new Set(socketInodes(pid));
  return unixSockets(pid)
    .split('\n')
    .map(line => line.split(/\s+/))
    .filter(([, , , flags, , , inode, path]) => flags === '00010000' && inode !== undefined && inodes.has(inode) && path?.startsWith('/'))
    .map(fields => fields[7] ?? '')
    .filter(path => path.endsWith('docker.sock') && isSocket(path));
}

function unixSockets(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/net/unix`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(fd => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []);
  } catch {
    return []; // it has ended, or is another user's
  }
}
