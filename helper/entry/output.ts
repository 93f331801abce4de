import type { Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

const OUTPUT_BYTES = 1 << 20;

/** What a command that has ended left in the background may hold the streams open for ever. */
const REST_MS = 100;

interface Collected {
  readonly done: Promise<void>;
  readonly text: () => string;
  readonly isCut: () => boolean;
}

function collect(stream: Socket): Collected {
  const parts: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (part: Buffer) => {
    if (bytes < OUTPUT_BYTES) parts.push(part.subarray(0, OUTPUT_BYTES - bytes));
    bytes += part.length;
  });
  return {
    done: new Promise(resolve => stream.on('close', () => resolve())),
    text: () => Buffer.concat(parts).toString(),
    isCut: () => bytes > OUTPUT_BYTES,
  };
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly cut: boolean;
}

/** Collects what a command writes. The function that it gives back is called when the command has ended. */
export function collectOutput(stdout: Socket, stderr: Socket): () => Promise<Output> {
  const outputs = [collect(stdout), collect(stderr)] as const;
  return async () => {
    await Promise.race([Promise.all(outputs.map(each => each.done)), delay(REST_MS)]);
    await nextTurn(); // where this thread was held up the time is over before what was written has been read
    for (const each of [stdout, stderr]) each.destroy();
    return { stdout: outputs[0].text(), stderr: outputs[1].text(), cut: outputs.some(each => each.isCut()) };
  };
}
