import { namespaceId } from '../../helper/protocol/difference.ts';
import type { Inspection } from '../../helper/protocol/inspection.ts';
import type { Container, NamespaceKey, Process, Sandbox } from '../../helper/protocol/model.ts';
import { keysOf, type Machine } from '../machine.ts';
import { givenName } from '../names.ts';
import { nameComment, particularFields, processName } from './render-particulars.ts';
import { emit, type Fields, Noted, type Value } from './yaml.ts';

const shortList = 12;
const longList = 1000;

const namespaceValue = (machine: Machine, key: NamespaceKey): Noted => new Noted(namespaceId(key), nameComment(machine, key));

/** A list that may be long: as it is among the holders, or from there only named and then below all the rest. */
interface List {
  readonly above: readonly Value[];
  readonly below: readonly Value[] | undefined;
}

function listed(values: readonly Value[], words: string): List {
  if (values.length <= shortList) return { above: values, below: undefined };
  const hidden = values.length - longList;
  const below = hidden > 0 ? [...values.slice(0, longList), `… and ${hidden.toLocaleString('en')} more`] : values;
  return { above: [new Noted(`${values.length.toLocaleString('en')} ${words}`, 'listed below')], below };
}

const members = ({ processes }: Inspection): Value[] =>
  [...processes]
    .sort((a, b) => a.pid - b.pid)
    .map(({ pid, inside, name }) => new Noted(`process ${pid} ${name}`, inside === pid ? undefined : `pid ${inside} inside`));

/** The details of a namespace, as YAML that a person reads. */
export function renderNamespace(inspection: Inspection, machine: Machine): string {
  const { namespace, particulars, gaps } = inspection;
  const { type, inode, owner, parent, ownerUid } = namespace;
  const given = givenName(machine, namespace, namespace.name);
  const processes = listed(members(inspection), 'processes');
  const nested = listed(
    namespace.holders.children.map(key => namespaceValue(machine, key)),
    'namespaces',
  );
  const holders = [...processes.above, ...namespace.holders.mounts.map(({ path }) => `mount ${path}`), ...nested.above];
  return emit(`${namespaceId(namespace)}${given ? ` of ${given.words}` : ''}`, {
    owner: owner === undefined ? undefined : namespaceValue(machine, { type: 'user', inode: owner }),
    parent: parent === undefined || (type === 'user' && parent === owner) ? undefined : namespaceValue(machine, { type, inode: parent }),
    'made by': ownerUid === undefined ? undefined : `user ${ownerUid}`,
    'held by': holders.length > 0 ? holders : 'nothing that the helper can see',
    ...(particulars ? particularFields(machine, inode, particulars) : {}),
    'not known': gaps.length > 0 ? gaps : undefined,
    processes: processes.below,
    namespaces: nested.below,
  });
}

const containerFields = ({ engine, id, name, image, pod, labels }: Container): Fields => ({
  engine,
  name,
  id,
  image,
  pod,
  labels: Object.keys(labels).length > 0 ? labels : undefined,
});

const sandboxFields = ({ name, id, created, uid, networks }: Sandbox): Fields => ({
  name,
  id,
  made: created,
  'for user': uid,
  networks:
    networks.length > 0
      ? networks.map(each => `${each.link} ${each.address}, at the host ${each.hostLink} ${each.hostAddress}`)
      : undefined,
});

/** The details of a process; of the init of a sandbox or a container those of the whole. */
export function renderProcess(process: Process, machine: Machine): string {
  const sandbox = machine.sandboxes.find(each => each.pid === process.pid);
  const container = machine.snapshot.containers.find(each => each.pid === process.pid);
  const words = sandbox ? `sandbox ${sandbox.name}` : container && `${container.engine} container ${container.name}`;
  const inside = process.pids.slice(1);
  return emit(`process ${process.pid} ${process.name}${words ? `, init of ${words}` : ''}`, {
    sandbox: sandbox && sandboxFields(sandbox),
    container: container && containerFields(container),
    pid: new Noted(process.pid, inside.length > 0 ? `${inside.join(', then ')} inside` : undefined),
    parent: process.parent > 0 ? new Noted(process.parent, processName(machine, process.parent)) : undefined,
    user: process.uid,
    command: process.command || undefined,
    namespaces: Object.fromEntries(keysOf(process.namespaces).map(key => [key.type, namespaceValue(machine, key)])),
  });
}

/** The steps of a plan, one a line; the one that failed is marked, with the reason below it. */
export function renderPlan(steps: readonly string[], failed?: { readonly step: number; readonly message: string }): string {
  return steps
    .flatMap((step, index) => {
      if (!failed) return [step];
      return failed.step === index + 1 ? [`→ ${step}`, `  ${failed.message}`] : [`  ${step}`];
    })
    .map(line => `${line}\n`)
    .join('');
}

const goneLine = (what: string): string =>
  what.startsWith('process ') ? '# gone: this process has ended\n' : '# gone: nothing keeps this namespace alive any more\n';

/** The last text of something that is no more, saying so in its first line. */
export function renderGone(what: string, last: string | undefined): string {
  const line = goneLine(what);
  const before = last ?? `# ${what}\n`;
  return before.startsWith(line) ? before : line + before;
}
