// Containers of runc and crun without an engine above them, by the runtime's state.
import { groupOfInit } from './cgroup.ts';
import { withoutConmon } from './conmon.ts';
import { boundedLabels, boundedName, type Facts, type Found, userOf } from './engine.ts';
import type { RuntimeState } from './runtime-state.ts';

export function byRuntime(facts: Facts): Found | undefined {
  const located = facts.runtimes.find(facts);
  return located && (withoutConmon(facts, located) ?? describe(facts, located.state));
}

const describe = (facts: Facts, { runtime, id, path, uid, labels }: RuntimeState): Found => ({
  engine: runtime,
  id: boundedName(id),
  name: boundedName(id),
  labels: boundedLabels(labels),
  ...userOf(uid),
  source: path,
  group: groupOfInit(facts, id),
  complete: true,
});
