import { inRepository } from '../../support/repository.ts';
import { hold, run, timed } from '../measure.ts';
import { withHelper } from '../subject.ts';
import { compared, type Row } from '../table.ts';
import { many } from './many.ts';
import { ORDINARY_UID, runs } from './runs.ts';

const limits = { memory: '256M', processes: 100 };

export const sandbox = (): Promise<Row[]> =>
  withHelper(
    async subject => {
      const { helper } = subject;
      const made = await hold(50, {
        burrow: timed(async () => {
          const { id } = await helper.request('sandbox/create', { definition: { name: 'bench', limits } });
          await helper.request('sandbox/remove', { sandbox: id });
        }),
        script: timed(() => run('sh', inRepository('test/bench/sandbox/sandbox.sh'))),
      });
      const what = 'make and remove a sandbox: 8 namespaces, uid map, /proc, tmpfs, host name, veth with addresses, limits';
      return [
        compared(what, made.burrow, 'a shell script with unshare, nsenter, ip and mkdir', made.script, 0.5),
        ...(await runs(subject)),
        ...(await many(subject)),
      ];
    },
    '--user',
    String(ORDINARY_UID),
  );
