// What a machine cannot do, in words. Pure.
import type { Feature, Hello } from '../../helper/protocol/model.ts';
import { visible } from '../hostile-text.ts';

/** `user-namespaces and sandboxes (why), limits-io (why)`: what has one reason is named together. */
export function missingWords(features: Readonly<Record<string, Feature>>): string {
  const byReason = new Map<string, string[]>();
  for (const [name, { available, reason = '' }] of Object.entries(features))
    if (!available) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => `${listed(names)}${reason ? ` (${reason})` : ''}`).join(', ');
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${last}` : last;
}

/** One sentence, with what helps. @returns undefined where sandboxes can be made */
export function whyNoSandbox({ features, privileged }: Pick<Hello, 'features' | 'privileged'>): string | undefined {
  const { available = true, reason } = features['sandboxes'] ?? {};
  if (available) return undefined;
  if (!privileged) return 'No sandbox can be made: the helper does not run as root. Stop it and start it as root.';
  return visible(`No sandbox with a namespace of each type can be made${reason === undefined ? '' : `: ${reason}`}.`, 400);
}
