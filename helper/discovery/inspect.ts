// Everything known of one namespace: what the last scan says, and what only a look inside tells.
import { closeSync } from 'node:fs';
import type { Inspection, Particulars } from '../protocol/inspection.ts';
import type { Namespace, NamespaceKey, Process, Snapshot } from '../protocol/model.ts';
import { toFailure } from '../sys/errors.ts';
import { findNamespace, membersOf, openNamespace } from './handles.ts';
import { particularsOf } from './particulars.ts';

/** @throws Refusal `gone` when no such namespace is alive */
export function inspect(snapshot: Snapshot, key: NamespaceKey): Inspection {
  const namespace = findNamespace(snapshot, key);
  const members = membersOf(snapshot, key);
  const gaps: string[] = [];
  return {
    namespace,
    processes: members.map(({ pid, pids, name, uid }) => ({ pid, inside: pids.at(-1) ?? pid, name, uid })),
    ...optional('particulars', look(snapshot, namespace, members, gaps)),
    children: namespace.holders.children,
    gaps,
  };
}

const optional = <K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]: T });

function look(snapshot: Snapshot, namespace: Namespace, members: readonly Process[], gaps: string[]): Particulars | undefined {
  try {
    const fd = openNamespace(namespace, members);
    try {
      return particularsOf({ snapshot, namespace, members, fd });
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    gaps.push(toFailure(error, 'Could not look inside').message);
    return undefined;
  }
}
