// The scan on a thread of its own, so that thousands of processes do not hold up a terminal.
import { parentPort } from 'node:worker_threads';
import { ContainerFinder } from './containers.ts';
import { DockerNames } from './docker.ts';
import { scan } from './scan.ts';

const docker = new DockerNames();
const containers = new ContainerFinder(docker);

async function answer(): Promise<void> {
  let snapshot = scan(containers);
  if (docker.isStale) {
    await docker.refresh(snapshot.processes);
    snapshot = scan(containers);
  }
  parentPort?.postMessage(snapshot);
}

parentPort?.on('message', () => {
  answer().catch((error: unknown) => parentPort?.postMessage({ error: String(error) }));
});
