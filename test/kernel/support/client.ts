// Somebody who asks a helper for sandboxes, and what is tried inside those.
import { rmSync } from 'node:fs';
import { after, afterEach, before } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { HelperFailure } from '../../../helper/protocol/helper-failure.ts';
import type { MethodName, ParamsInput, Result } from '../../../helper/protocol/methods.ts';
import type { Sandbox } from '../../../helper/protocol/model.ts';
import { Fixture } from '../../support/fixture.ts';
import type { Maker } from './callers.ts';
import { Door } from './door.ts';
import { type Living, Machine, type Options as MachineOptions } from './machine.ts';

/** 61001 and root have these ranges, in the machine's mount namespace only. */
export const range = { first: 300_000, count: 70_000 } as const;
const subordinate = (folder: string, lines: readonly string[]): string =>
  `mkdir -p ${folder} && printf '%s\\n' ${lines.join(' ')} > ${folder}/subuid && for f in subuid subgid; do touch -a /etc/$f; mountpoint -q /etc/$f || mount --bind ${folder}/subuid /etc/$f; done`;

export class Client {
  readonly maker: Maker;
  /** Where the tests of this file can put files that everybody can read. */
  readonly folder: string;
  readonly #options: MachineOptions;
  #machine: Machine | undefined;
  #door: Door | undefined;

  constructor(maker: Maker, options: MachineOptions) {
    this.maker = maker;
    this.#options = options;
    this.folder = `/tmp/burrow-kernel-client-${process.pid}-${maker.uid}`;
  }

  async begin(): Promise<void> {
    const ranges = [this.maker.uid, 0].map(uid => `${uid}:${range.first}:${range.count}`);
    this.#machine = await Machine.start({
      ...this.#options,
      user: this.maker.uid,
      prepare: subordinate(this.folder, [...new Set(ranges)]),
    });
    if (this.maker.uid !== 0) this.#door = await Door.open(this.machine.socket, this.maker.uid);
    await this.settle();
  }

  /** A first sandbox and a first connection make what the helper then keeps. */
  async settle(): Promise<void> {
    await this.run({ name: 'first', network: 'none', command: ['true'] });
    await this.machine.settle();
  }

  async end(): Promise<void> {
    await this.#door?.close();
    await this.machine.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get machine(): Machine {
    if (!this.#machine) throw new Error('the tests have not begun');
    return this.#machine;
  }

  call<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>> {
    return (this.#door ?? this.machine).helper.request(method, params);
  }

  /** The failure that a request must end with. */
  async failure<M extends MethodName>(method: M, params: unknown): Promise<Failure> {
    try {
      await this.call(method, params as ParamsInput<M>);
    } catch (error) {
      if (error instanceof HelperFailure) return error.failure;
      throw error;
    }
    throw new Error(`${method} did what it should refuse`);
  }

  /** A sandbox with an init. Without a network unless the definition names one. */
  async create(definition: DefinitionInput): Promise<Living> {
    return this.machine.keepInMind(await this.make(definition));
  }

  make(definition: DefinitionInput): Promise<Sandbox> {
    return this.call('sandbox/create', { definition: quiet(definition) });
  }

  refused(definition: unknown): Promise<Failure> {
    return this.failure('sandbox/create', { definition });
  }

  run(definition: DefinitionInput, input?: string): Promise<Result<'sandbox/run'>> {
    return this.call('sandbox/run', { definition: quiet(definition), ...(input !== undefined && { input }) });
  }

  /** What a shell line in a sandbox writes to both streams, with the rights that the sandbox gives. */
  async inside(sandbox: string, script: string, user?: string): Promise<string> {
    const { stdout, stderr } = await this.call('process/run', {
      target: { sandbox },
      command: ['sh', '-c', script],
      ...(user !== undefined && { user }),
    });
    return stdout + stderr;
  }
}

const quiet = (definition: DefinitionInput): DefinitionInput => ({ network: 'none', ...definition });

/** The client of all tests of the suite that this is called in. */
export function setClient(maker: Maker, options: MachineOptions = {}): Client {
  const client = new Client(maker, options);
  before(() => client.begin());
  afterEach(() => client.machine.requireClean());
  after(() => client.end());
  return client;
}

/** A busybox root file system in the client's folder. @throws Missing where busybox is not installed */
export function rootFileSystem({ folder }: Client): string {
  const fixture = new Fixture('unshare', { FX_ROOT: folder });
  fixture.start();
  fixture.stop();
  return `${folder}/rootfs`;
}
