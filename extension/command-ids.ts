/** Every command. The table of handlers and package.json have the same ids: the first by its type, the second by a test. */
export const commandIds = [
  'burrow.helper.start',
  'burrow.helper.stop',
  'burrow.helper.restart',
  'burrow.helper.actions',
  'burrow.helper.showLog',
  'burrow.terminal.open',
  'burrow.terminal.openIn',
  'burrow.terminal.openNetwork',
  'burrow.terminal.openFiles',
  'burrow.terminal.openProcesses',
  'burrow.terminal.openAsRoot',
  'burrow.terminal.openWithTools',
  'burrow.terminal.split',
  'burrow.terminal.reattach',
  'burrow.terminal.forgetChoices',
  'burrow.namespace.showDetails',
  'burrow.namespaces.groupBy',
  'burrow.namespaces.filter',
  'burrow.namespaces.hideKernelThreads',
  'burrow.namespaces.showKernelThreads',
  'burrow.namespaces.hideHost',
  'burrow.namespaces.showHost',
  'burrow.namespace.copyInode',
  'burrow.process.copyPid',
  'burrow.target.copyNsenter',
  'burrow.sandbox.createScratch',
  'burrow.sandbox.createFromFile',
  'burrow.sandbox.remove',
  'burrow.sandbox.showPlan',
  'burrow.sandbox.copyScript',
  'burrow.sandbox.newLike',
  'burrow.sandbox.changeLimits',
  'burrow.sandbox.signal',
  'burrow.sandbox.showChanges',
  'burrow.run.activeFile',
  'burrow.run.file',
  'burrow.run.stop',
  'burrow.run.copyReport',
  'burrow.definition.open',
  'burrow.view.refresh',
] as const;
export type CommandId = (typeof commandIds)[number];

/** What `when` clauses of package.json ask for. */
export const contextKeys = ['burrow.helper.state', 'burrow.helper.running', 'burrow.terminal.active'] as const;
export type ContextKey = (typeof contextKeys)[number];

export const viewIds = ['burrow.sandboxes', 'burrow.containers', 'burrow.namespaces'] as const;
export type ViewId = (typeof viewIds)[number];
