// A client that is an ordinary user: for each word of its parent it makes one request, and answers how long that took.
import { argv } from 'node:process';
import { Helper } from '../../../helper/client/connect.ts';
import { scratch } from './scratch.ts';

const helper = await Helper.reach(argv[2] ?? '');
process.on('message', async () => {
  const began = performance.now();
  await helper.request('sandbox/run', { definition: scratch });
  process.send?.(performance.now() - began);
});
process.send?.('ready');
