import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { entryProgram, type Order, type Terminals } from '../../../../extension/terminal/entry-program.ts';
import type { Ending } from '../../../../extension/terminal/messages.ts';
import { type Helper, type Screen, Shell } from '../../../../extension/terminal/shell.ts';

/** Both ends of a terminal's stream: what is typed into it, and a way to print. */
class Stream extends Duplex {
  typed = '';
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.typed += chunk.toString();
    done();
  }
  print(...parts: readonly (string | Uint8Array)[]): void {
    for (const part of parts) this.push(part);
  }
}

class Fake {
  readonly requests: [string, unknown][] = [];
  readonly streams: Stream[] = [];
  shown = '';
  closed = false;
  refuse: Error | undefined;
  notices: string[] = [];
  /** How the one that is attached to has ended. */
  ended: Ending | undefined;
  killed = 0;
  #ending: ((ending: Ending & { terminal: string }) => void) | undefined;
  #disconnect: (() => void) | undefined;

  readonly helper = {
    request: async (method: string, params: unknown) => {
      this.requests.push([method, params]);
      if (this.refuse) throw this.refuse;
      if (method === 'terminal/attach') return { token: 'x', ended: this.ended };
      if (method === 'sandbox/usage') return { killedForMemory: this.killed };
      return method === 'terminal/open' ? { terminal: `t${this.streams.length}`, token: 'x', notices: this.notices, joined: [] } : {};
    },
    openStream: async () => {
      const stream = new Stream();
      this.streams.push(stream);
      return stream;
    },
    onDidEndTerminal: (handler: (ending: Ending & { terminal: string }) => void) => {
      this.#ending = handler;
      return { dispose: () => {} };
    },
    onDidDisconnect: (handler: () => void) => {
      this.#disconnect = handler;
      return { dispose: () => {} };
    },
  };

  readonly screen: Screen = {
    write: text => {
      this.shown += text;
    },
    caughtUp: async () => {},
    close: () => {
      this.closed = true;
    },
    explain: error => `no: ${(error as Error).message}`,
  };

  readonly shell: Shell<Ending>;

  constructor(order: Order = {}) {
    const program = entryProgram(this.helper as unknown as Terminals, { entry: { target: { sandbox: 's1' } }, ...order });
    this.shell = new Shell(this.helper as unknown as Helper, program, this.screen);
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 5; round++) await nextTick();
  }

  stream(index = 0): Stream {
    const stream = this.streams[index];
    assert.ok(stream);
    return stream;
  }

  async open(size?: { columns: number; rows: number }): Promise<Stream> {
    this.shell.open(size);
    await this.settle();
    return this.stream(this.streams.length - 1);
  }

  async end(ending: Ending, terminal = 't0'): Promise<void> {
    this.#ending?.({ terminal, ...ending });
    await this.settle();
  }

  async disconnect(): Promise<void> {
    this.#disconnect?.();
    await this.settle();
  }
}

const dim = (text: string): string => `\x1b[2m${text}\x1b[0m\r\n`;
const tidy = '\x1b[?47l\x1b[!p\x1b[?1000l\x1b[?2004l';

describe('a shell in a target', () => {
  test('is opened with the size of the screen, and 80x24 where that is not known', async () => {
    const fake = new Fake();
    await fake.open();
    assert.deepEqual(fake.requests, [['terminal/open', { target: { sandbox: 's1' }, size: { columns: 80, rows: 24 } }]]);
  });

  test('says first what there is to say', async () => {
    const fake = new Fake();
    fake.notices = ['net of redis-1', 'a\x1b[31mb'];
    await fake.open();
    assert.equal(fake.shown, dim('burrow: net of redis-1') + dim('burrow: a␛[31mb'));
  });

  test('prints characters that arrive in two packets', async () => {
    const fake = new Fake();
    const stream = await fake.open();
    const bytes = Buffer.from('世');
    stream.print(bytes.subarray(0, 2));
    await fake.settle();
    stream.print(bytes.subarray(2));
    await fake.settle();
    assert.equal(fake.shown, '世');
  });

  test('keeps what is typed before it is open', async () => {
    const fake = new Fake();
    fake.shell.open();
    fake.shell.input('ls\r');
    await fake.settle();
    fake.shell.input('x');
    assert.equal(fake.stream().typed, 'ls\rx');
  });

  test('tells its size when it changed, also while it was opened', async () => {
    const fake = new Fake();
    fake.shell.open({ columns: 100, rows: 30 });
    fake.shell.resize({ columns: 90, rows: 30 });
    await fake.settle();
    fake.shell.resize({ columns: 90, rows: 30 });
    fake.shell.resize({ columns: 91, rows: 30 });
    assert.deepEqual(fake.requests.slice(1), [
      ['terminal/resize', { terminal: 't0', size: { columns: 90, rows: 30 } }],
      ['terminal/resize', { terminal: 't0', size: { columns: 91, rows: 30 } }],
    ]);
  });

  test('closes at once after exit 0, but not before its output is out', async () => {
    const fake = new Fake();
    const stream = await fake.open();
    await fake.end({ exitCode: 0 });
    assert.equal(fake.closed, false);
    stream.print('bye');
    stream.push(null);
    await fake.settle();
    assert.equal(fake.shown, 'bye');
    assert.equal(fake.closed, true);
  });

  test('says how it ended otherwise, on a line of its own', async () => {
    const fake = new Fake();
    const stream = await fake.open();
    stream.print('half a line');
    stream.push(null);
    await fake.end({ exitCode: 3 });
    assert.equal(fake.shown, `half a line${tidy}\r\n${dim('burrow: exit 3; any key closes, Enter opens again')}`);
    assert.equal(fake.closed, false);
  });

  test('names the signal that killed it', async () => {
    const fake = new Fake();
    const stream = await fake.open();
    stream.push(null);
    await fake.end({ signal: 'SIGKILL' });
    assert.equal(fake.shown, tidy + dim('burrow: killed by SIGKILL; any key closes, Enter opens again'));
  });

  test('afterwards Enter opens it again', async () => {
    const fake = new Fake();
    (await fake.open()).push(null);
    await fake.end({ exitCode: 1 });
    fake.shell.input('\r');
    await fake.settle();
    assert.equal(fake.streams.length, 2);
    fake.shell.input('x');
    assert.equal(fake.stream(1).typed, 'x');
  });

  test('afterwards any other key closes it', async () => {
    const fake = new Fake();
    (await fake.open()).push(null);
    await fake.end({ exitCode: 1 });
    fake.shell.input('q');
    assert.equal(fake.closed, true);
  });

  test('says when the helper went away under it', async () => {
    const fake = new Fake();
    (await fake.open()).destroy(new Error('ECONNRESET'));
    await fake.disconnect();
    assert.equal(fake.shown, tidy + dim('burrow: the helper has stopped; any key closes, Enter opens again'));
  });

  test('shows why it could not be opened, and can be opened again', async () => {
    const fake = new Fake();
    fake.refuse = new Error('redis-1 ended a moment ago.');
    fake.shell.open();
    await fake.settle();
    assert.equal(
      fake.shown,
      `\x1b[31mburrow: no: redis-1 ended a moment ago.\x1b[0m\r\n${dim('burrow: any key closes, Enter opens again')}`,
    );
    fake.refuse = undefined;
    fake.shell.input('\r');
    await fake.settle();
    assert.equal(fake.streams.length, 1);
  });

  test('is closed with its terminal, and prints nothing after that', async () => {
    const fake = new Fake();
    const stream = await fake.open();
    fake.shell.close();
    await fake.end({ signal: 'SIGHUP' });
    assert.deepEqual(fake.requests.at(-1), ['terminal/close', { terminal: 't0' }]);
    assert.ok(stream.destroyed);
    assert.equal(fake.shown, '');
  });

  test('is closed too when its terminal goes away while it is opened', async () => {
    const fake = new Fake();
    fake.shell.open();
    fake.shell.close();
    await fake.settle();
    assert.deepEqual(fake.requests.at(-1), ['terminal/close', { terminal: 't0' }]);
    assert.ok(fake.stream().destroyed);
  });
});

const keep = { window: 'w', tag: '{}' };

/** Old output as the helper sends it: how much of it there is, and then it. */
function replay(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.byteLength);
  return Buffer.concat([head, bytes]);
}

describe('a terminal that is kept', () => {
  test('is opened for this window', async () => {
    const fake = new Fake({ keep, shellIntegration: true });
    await fake.open();
    assert.deepEqual(fake.requests, [
      ['terminal/open', { target: { sandbox: 's1' }, size: { columns: 80, rows: 24 }, keep, shellIntegration: true }],
    ]);
  });

  test('goes on when the window goes, and ends when the person wants it to', async () => {
    const fake = new Fake({ keep });
    const stream = await fake.open();
    fake.shell.close();
    await fake.settle();
    assert.ok(stream.destroyed);
    assert.equal(fake.requests.length, 1);
    fake.shell.hangUp();
    assert.deepEqual(fake.requests.at(-1), ['terminal/close', { terminal: 't0' }]);
  });

  test('ends also when the person closed it while it was opened', async () => {
    const fake = new Fake({ keep });
    fake.shell.open();
    fake.shell.close();
    fake.shell.hangUp();
    await fake.settle();
    assert.deepEqual(fake.requests.at(-1), ['terminal/close', { terminal: 't0' }]);
    assert.ok(fake.stream().destroyed);
  });

  test('goes on when the window went while it was opened', async () => {
    const fake = new Fake({ keep });
    fake.shell.open();
    fake.shell.close();
    await fake.settle();
    assert.deepEqual(
      fake.requests.map(([method]) => method),
      ['terminal/open'],
    );
    assert.ok(fake.stream().destroyed);
  });
});

describe('a terminal that is found again', () => {
  test('shows what it wrote before, and then what it writes', async () => {
    const fake = new Fake({ keep, again: 'old' });
    const stream = await fake.open({ columns: 100, rows: 30 });
    assert.deepEqual(fake.requests, [['terminal/attach', { terminal: 'old', size: { columns: 100, rows: 30 } }]]);
    const bytes = replay('before 世');
    stream.print(bytes.subarray(0, 2));
    await fake.settle();
    stream.print(bytes.subarray(2, 12));
    await fake.settle();
    assert.equal(fake.shown, '');
    stream.print(Buffer.concat([bytes.subarray(12), Buffer.from(' now')]));
    await fake.settle();
    assert.equal(fake.shown, 'before 世 now');
  });

  test('passes nothing on until the screen shows what it wrote before', async () => {
    const fake = new Fake({ keep, again: 'old' });
    const stream = await fake.open();
    fake.shell.input('an answer to a question of the past');
    stream.print(replay('$ '));
    await fake.settle();
    fake.shell.input('ls\r');
    assert.equal(stream.typed, 'ls\r');
  });

  test('drops what was typed before it was there', async () => {
    const fake = new Fake({ keep, again: 'old' });
    fake.shell.open();
    fake.shell.input('x');
    await fake.settle();
    fake.stream().print(replay(''));
    await fake.settle();
    assert.equal(fake.stream().typed, '');
  });

  test('says how it ended while nobody looked, and stays to be read', async () => {
    const fake = new Fake({ keep, again: 'old' });
    fake.ended = { exitCode: 0 };
    const stream = await fake.open();
    stream.print(replay('done\r\n'));
    stream.push(null);
    await fake.settle();
    assert.equal(fake.shown, `done\r\n${tidy}${dim('burrow: exit 0; any key closes, Enter opens again')}`);
    assert.equal(fake.closed, false);
  });

  test('is opened anew by Enter when it has ended', async () => {
    const fake = new Fake({ keep, again: 'old' });
    fake.ended = { exitCode: 1 };
    (await fake.open()).push(null);
    await fake.settle();
    fake.shell.input('\r');
    await fake.settle();
    assert.deepEqual(fake.requests.at(-1), ['terminal/open', { target: { sandbox: 's1' }, size: { columns: 80, rows: 24 }, keep }]);
    await fake.end({ exitCode: 0 }, 't1');
    fake.stream(1).push(null);
    await fake.settle();
    assert.equal(fake.closed, true);
  });

  test('survives a replay that is cut short', async () => {
    const fake = new Fake({ keep, again: 'old' });
    const stream = await fake.open();
    stream.print(replay('everything').subarray(0, 9));
    stream.destroy();
    await fake.end({ exitCode: 2 }, 'old');
    assert.match(fake.shown, /burrow: exit 2/);
  });
});

describe('a limit of memory', () => {
  const limit = { sandbox: 's1', words: 'memory limit of web, 256 MB' };

  test('explains a kill that it counted', async () => {
    const fake = new Fake({ limit });
    const stream = await fake.open();
    fake.killed = 1;
    stream.push(null);
    await fake.end({ signal: 'SIGKILL' });
    assert.match(fake.shown, /burrow: killed by SIGKILL \(memory limit of web, 256 MB\);/);
  });

  test('does not explain one that somebody else did', async () => {
    const fake = new Fake({ limit });
    fake.killed = 3;
    const stream = await fake.open();
    stream.push(null);
    await fake.end({ signal: 'SIGKILL' });
    assert.match(fake.shown, /burrow: killed by SIGKILL;/);
  });
});
