/** The ways in which the view puts namespaces together, in the order in which they are offered. */
export const groupings = ['type', 'owner', 'pid', 'container', 'process'] as const;
export type Grouping = (typeof groupings)[number];

/** How the view shows namespaces, as the settings say. */
export interface Arrangement {
  readonly groupBy: Grouping;
  readonly hideKernelThreads: boolean;
  readonly hideHost: boolean;
}

export const groupingWords: Readonly<Record<Grouping, { readonly label: string; readonly detail: string }>> = {
  type: { label: 'Type', detail: 'The eight types, and below each its namespaces' },
  owner: { label: 'Owner', detail: 'User namespaces in one another, and below each what it owns' },
  pid: { label: 'PID Hierarchy', detail: 'PID namespaces in one another, and below each its processes' },
  container: { label: 'Container', detail: 'Sandboxes, containers, the host, and what belongs to none of them' },
  process: { label: 'Process', detail: 'Processes below their parents, with the namespaces in which they differ from them' },
};

/** What stands beside the view's title: how it differs from showing everything by type. */
export function describeArrangement({ groupBy, hideKernelThreads, hideHost }: Arrangement): string {
  const hidden = [...(hideKernelThreads ? ['kernel threads'] : []), ...(hideHost ? ["the host's own"] : [])];
  return [
    ...(groupBy === 'type' ? [] : [`by ${groupBy === 'pid' ? 'PID hierarchy' : groupBy}`]),
    ...(hidden.length > 0 ? [`without ${hidden.join(' and ')}`] : []),
  ].join(' · ');
}
