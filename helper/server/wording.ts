import type { MethodName } from '../protocol/methods.ts';

/** How the sentence of a failure begins that has no words of its own. */
export const couldNot: Readonly<Record<MethodName, string>> = {
  'helper/hello': 'Could not greet the helper',
  'helper/stop': 'Could not stop the helper',
  'namespaces/snapshot': 'Could not list the namespaces',
  'namespaces/watch': 'Could not watch the namespaces',
  'namespaces/refresh': 'Could not read the namespaces anew',
  'namespaces/statistics': 'Could not tell the statistics',
  'namespaces/inspect': 'Could not look into the namespace',
  'terminal/open': 'Could not open a terminal',
  'terminal/resize': 'Could not resize the terminal',
  'terminal/close': 'Could not close the terminal',
  'process/run': 'Could not run the command',
  'process/open': 'Could not run the command',
  'sandbox/propose': 'Could not propose a sandbox',
  'sandbox/plan': 'Could not plan the sandbox',
  'sandbox/create': 'Could not make the sandbox',
  'sandbox/list': 'Could not list the sandboxes',
  'sandbox/remove': 'Could not remove the sandbox',
};
