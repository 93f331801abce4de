import { inRepository } from '../../support/repository.ts';
import { hold, run, timed } from '../measure.ts';
import { withHelper } from '../subject.ts';
import { compared, type Row } from '../table.ts';
import { many } from './many.ts';
import { bwrap, withDocker } from './throw-away.ts';

const limits = { memory: '256M', processes: 100 };
const scratch = { name: 'bench', root: 'readonly', network: 'none', command: ['/bin/true'] } as const;

export const sandbox = (): Promise<Row[]> =>
  withHelper(async subject => {
    const { helper } = subject;
    const made = await hold(50, {
      burrow: timed(async () => {
        const { id } = await helper.request('sandbox/create', { definition: { name: 'bench', limits } });
        await helper.request('sandbox/remove', { sandbox: id });
      }),
      script: timed(() => run('sh', inRepository('test/bench/sandbox/sandbox.sh'))),
    });
    const what = 'make and remove a sandbox: 8 namespaces, uid map, /proc, tmpfs, host name, veth with addresses, limits';
    const ran = await withDocker(10, ['/bin/true'], async docker => {
      const times = await hold(50, {
        burrow: timed(() => helper.request('sandbox/run', { definition: scratch })),
        bwrap: bwrap('/bin/true'),
        ...(docker && { docker }),
      });
      return [
        compared('run true without a network, and report', times.burrow, 'bwrap --unshare-all', times.bwrap, 1),
        ...(times.docker ? [compared('run true without a network, and report', times.burrow, 'docker run', times.docker, 0.2)] : []),
      ];
    });
    return [
      compared(what, made.burrow, 'a shell script with unshare, nsenter, ip and mkdir', made.script, 0.5),
      ...ran,
      ...(await many(subject)),
    ];
  });
