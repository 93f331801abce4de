// The process that keep.ts starts, as root: reads a job, does it, answers.
import '../sys/no-debugger.ts';
import { readFileSync } from 'node:fs';
import { Acting } from './acting.ts';
import type { Answer, Job } from './keep.ts';
import { keepAll } from './keeping.ts';

const STAGING = 3;

const { disks, paths, caller } = JSON.parse(readFileSync(0, 'utf8')) as Job;
const answer: Answer = keepAll(STAGING, disks, paths, new Acting(caller));
process.stdout.write(JSON.stringify(answer));
