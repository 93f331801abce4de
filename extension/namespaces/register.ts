import type { Session } from '../session.ts';
import { type MachineView, showTree } from '../tree/view.ts';
import { namespaceTree } from './model.ts';

export const registerNamespaces = (session: Session): MachineView => showTree(session, 'burrow.namespaces', namespaceTree);
