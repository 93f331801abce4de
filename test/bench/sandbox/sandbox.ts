import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { inRepository } from '../../support/repository.ts';
import { hold, run, timed } from '../measure.ts';
import { withHelper } from '../subject.ts';
import { compared, type Row } from '../table.ts';
import { many } from './many.ts';
import { bwrap, withDocker } from './throw-away.ts';

const limits = { memory: '256M', processes: 100 };
const scratch: DefinitionInput = { name: 'bench', root: 'readonly', network: 'none', command: ['/bin/true'] };

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
      const burrow = timed(() => helper.request('sandbox/run', { definition: scratch }));
      const others = {
        'bwrap --unshare-all': { competitor: bwrap('/bin/true'), goal: 1 },
        ...(docker && { 'docker run': { competitor: docker, goal: 0.2 } }),
      };
      const times = await hold<string>(50, {
        burrow,
        ...Object.fromEntries(Object.entries(others).map(([name, { competitor }]) => [name, competitor])),
      });
      const own = times['burrow'];
      return Object.entries(others).flatMap(([name, { goal }]) => {
        const other = times[name];
        return own && other ? [compared('run true without a network, and report', own, name, other, goal)] : [];
      });
    });
    return [
      compared(what, made.burrow, 'a shell script with unshare, nsenter, ip and mkdir', made.script, 0.5),
      ...ran,
      ...(await many(subject)),
    ];
  });
