// One container, asked from containerd itself: its image is nowhere else. gRPC is HTTP/2 with a length before each message.
import { connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { later } from '../../sys/background.ts';
import type { Answer } from './api.ts';
import { encodeField, fieldsOf } from './protobuf.ts';

const METHOD = '/containerd.services.containers.v1.Containers/Get';
const ANSWER_BYTES = 4 << 20;

export interface ContainerdContainer {
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function askContainerd(socketPath: string, space: string, id: string, answerMs: number): Promise<Answer<ContainerdContainer>> {
  return new Promise(resolve => {
    const session = connect('http://localhost', { createConnection: () => connectSocket(socketPath) });
    const settle = (answer: Answer<ContainerdContainer>): void => {
      clearTimeout(timer);
      resolve(answer);
      session.destroy();
    };
    const none = (): void => settle({ kind: 'none' });
    const timer = later('an answer of containerd', answerMs, () => settle({ kind: 'silent' }));
    session.on('error', none);
    const headers = {
      ':method': 'POST',
      ':path': METHOD,
      'content-type': 'application/grpc',
      te: 'trailers',
      'containerd-namespace': space,
    };
    const stream = session.request(headers);
    const parts: Buffer[] = [];
    let bytes = 0;
    stream.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > ANSWER_BYTES) none();
      else parts.push(part);
    });
    stream.on('error', none).on('end', () => {
      const value = parseGetAnswer(Buffer.concat(parts));
      settle(value ? { kind: 'value', value } : { kind: 'none' });
    });
    stream.end(frame(encodeField(1, id)));
  });
}

/** A byte that says whether it is compressed, four with the length. */
export function frame(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** GetContainerResponse {1: Container {1: id, 2: labels, 3: image}}; a map is a list of messages {1: key, 2: value}. */
export function parseGetAnswer(body: Buffer): ContainerdContainer | undefined {
  try {
    if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5) return undefined;
    const container = new Map(fieldsOf(body.subarray(5))).get(1);
    if (!container) return undefined;
    const labels: [string, string][] = [];
    let image = '';
    for (const [field, value] of fieldsOf(container)) {
      if (field === 3) image = value.toString();
      if (field !== 2) continue;
      const entry = new Map(fieldsOf(value));
      labels.push([entry.get(1)?.toString() ?? '', entry.get(2)?.toString() ?? '']);
    }
    return { image, labels: Object.fromEntries(labels) };
  } catch {
    return undefined;
  }
}
