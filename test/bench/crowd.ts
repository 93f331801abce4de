import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Many sleeping processes, every second one with a uts namespace of its own. */
export class Crowd {
  readonly #processes: ChildProcess[] = [];

  async gather(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const [program, ...words] = index % 2 === 0 ? ['sleep', '3600'] : ['unshare', '--uts', 'sleep', '3600'];
      this.#processes.push(spawn(program ?? 'sleep', words, { stdio: 'ignore' }));
    }
    await Promise.all(this.#processes.map(each => each.pid ?? once(each, 'spawn')));
  }

  async disperse(): Promise<void> {
    const ends = this.#processes.map(each => once(each, 'exit'));
    for (const each of this.#processes) each.kill('SIGKILL');
    await Promise.all(ends);
    this.#processes.length = 0;
  }
}
