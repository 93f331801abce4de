import type { Session } from '../session.ts';
import { type MachineView, showTree } from '../tree/view.ts';
import { containerTree } from './model.ts';

export const registerContainers = (session: Session): MachineView => showTree(session, 'burrow.containers', containerTree);
