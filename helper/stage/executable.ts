import { pid } from 'node:process';
import { descriptorOf } from '../code/own-code.ts';

/**
 * The path by which the stage is executed: a sealed copy in memory. The file itself is never executed, because a
 * process inside a container can reach its init's /proc/PID/exe and would find the host's file there.
 */
export const stageExecutable = (): string => `/proc/${pid}/fd/${descriptorOf('stage')}`;
