// A client that reads a flood as fast as it comes, until it is killed.
import { once } from 'node:events';
import { argv } from 'node:process';
import { Helper } from '../../../helper/client/connect.ts';

const helper = await Helper.reach(argv[2] ?? '');
const { token } = await helper.request('terminal/open', {
  target: { pid: process.ppid },
  size: { columns: 80, rows: 24 },
  command: ['yes'],
});
const stream = await helper.stream(token);
await once(stream, 'data');
stream.resume();
process.send?.('reading');
