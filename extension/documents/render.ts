import type { Inspection } from '../../helper/protocol/inspection.ts';
import type { Result } from '../../helper/protocol/methods.ts';
import type { Container, NamespaceInodes, Process, Sandbox } from '../../helper/protocol/model.ts';
import { namespaceId } from '../../helper/protocol/namespaces.ts';
import { limitFacts } from '../limits.ts';
import type { Machine } from '../machine/machine.ts';
import { keysOf } from '../machine/per-namespace.ts';
import { givenName } from '../names.ts';
import { holdersOf, namespaceValue } from './render-holders.ts';
import { particularFields, processName } from './render-particulars.ts';
import { emit, type Fields, Noted } from './yaml.ts';

/** The details of a namespace, as YAML that a person reads. */
export function renderNamespace(inspection: Inspection, machine: Machine): string {
  const { namespace, particulars, gaps } = inspection;
  const { type, inode, owner, parent, ownerUid } = namespace;
  const given = givenName(machine, namespace, namespace.name);
  const { held, rest } = holdersOf(inspection, machine);
  return emit(`${namespaceId(namespace)}${given ? ` of ${given.words}` : ''}`, {
    owner: owner === undefined ? undefined : namespaceValue(machine, { type: 'user', inode: owner }),
    parent: parent === undefined || (type === 'user' && parent === owner) ? undefined : namespaceValue(machine, { type, inode: parent }),
    'made by': ownerUid === undefined ? undefined : `user ${ownerUid}`,
    'held by': held.length > 0 ? held : 'nothing that the helper can see',
    ...(particulars ? particularFields(machine, inode, particulars) : {}),
    'not known': gaps.length > 0 ? gaps : undefined,
    ...rest,
  });
}

const containerFields = ({ engine, id, name, image, pod, space, uid, within, source, labels }: Container): Fields => ({
  engine,
  name,
  id,
  image,
  pod,
  'containerd namespace': space,
  'engine of user': uid,
  'engine runs in': within,
  'name from': source,
  labels: Object.keys(labels).length > 0 ? labels : undefined,
});

const sandboxFields = ({ name, id, created, uid, networks, root, limits, persist, notices }: Sandbox): Fields => ({
  name,
  id,
  made: created,
  'for user': uid,
  root,
  limits: Object.keys(limits).length > 0 ? Object.fromEntries(limitFacts(limits)) : undefined,
  stays: persist ? undefined : 'until the window that made it is closed',
  notices: notices.length > 0 ? notices : undefined,
  networks:
    networks.length > 0
      ? networks.map(each => `${each.link} ${each.address}, at the host ${each.hostLink} ${each.hostAddress}`)
      : undefined,
});

const inodeFields = (machine: Machine, inodes: NamespaceInodes): Fields =>
  Object.fromEntries(keysOf(inodes).map(key => [key.type, namespaceValue(machine, key)]));

/** The details of a process; of the init of a sandbox or a container those of the whole. */
export function renderProcess(process: Process, machine: Machine): string {
  const sandbox = machine.sandboxes.find(each => each.pid === process.pid);
  const container = machine.containerOfInit(process.pid);
  const words = sandbox ? `sandbox ${sandbox.name}` : container && `${container.engine} container ${container.name}`;
  const inside = process.pids.slice(1);
  return emit(`process ${process.pid} ${process.name}${words ? `, init of ${words}` : ''}`, {
    sandbox: sandbox && sandboxFields(sandbox),
    container: container && containerFields(container),
    pid: new Noted(process.pid, inside.length > 0 ? `${inside.join(', then ')} inside` : undefined),
    parent: process.parent > 0 ? new Noted(process.parent, processName(machine, process.parent)) : undefined,
    user: process.uid,
    command: process.command || undefined,
    namespaces: inodeFields(machine, process.namespaces),
    'next child in': process.forChildren && inodeFields(machine, process.forChildren),
    'threads elsewhere': process.threads?.length
      ? Object.fromEntries(process.threads.map(each => [`thread ${each.tid}`, inodeFields(machine, each.namespaces)]))
      : undefined,
  });
}

/** What the person should know first, then the steps, one a line; the one that failed is marked, with the reason below it. */
export function renderPlan(
  { steps, notices }: Pick<Result<'sandbox/plan'>, 'steps' | 'notices'>,
  failed?: { readonly step: number; readonly message: string },
): string {
  const lines = steps.flatMap((step, index) => {
    if (!failed) return [step];
    return failed.step === index + 1 ? [`→ ${step}`, `  ${failed.message}`] : [`  ${step}`];
  });
  return [...notices.map(each => `note: ${each}`), ...(notices.length > 0 ? [''] : []), ...lines].map(line => `${line}\n`).join('');
}

const goneLine = (what: string): string =>
  what.startsWith('process ') ? '# gone: this process has ended\n' : '# gone: nothing keeps this namespace alive any more\n';

/** The last text of something that is no more, saying so in its first line. */
export function renderGone(what: string, last: string | undefined): string {
  const line = goneLine(what);
  const before = last ?? `# ${what}\n`;
  return before.startsWith(line) ? before : line + before;
}
