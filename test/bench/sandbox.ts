import { inRepository } from '../support/repository.ts';
import { hold, run, timed } from './measure.ts';
import { withHelper } from './subject.ts';
import { compared, type Row } from './table.ts';

export const sandbox = (): Promise<Row[]> =>
  withHelper(async ({ helper }) => {
    const { burrow, script } = await hold(30, {
      burrow: timed(async () => {
        const { id } = await helper.request('sandbox/create', { definition: { name: 'bench' } });
        await helper.request('sandbox/remove', { sandbox: id });
      }),
      script: timed(() => run('sh', inRepository('test/bench/sandbox.sh'))),
    });
    const what = 'make and remove a sandbox: 8 namespaces, /proc, tmpfs, host name, veth with addresses';
    return [compared(what, burrow, 'a shell script with unshare, ip and nsenter', script)];
  });
