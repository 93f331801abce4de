import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { Machine } from './support/machine.ts';
import { Sleepers } from './support/sleepers.ts';
import { Terminal } from './support/terminal.ts';

const HOME = `/run/burrow-kernel-shells-${process.pid}`;

/** What the person has in a startup file of each shell, which must still be read. */
const files = {
  '.bashrc': 'export FROM_RC=bash; PS1="B> "\n',
  '.zshrc': 'export FROM_RC=zsh; PS1="Z> "\n',
  '.config/fish/config.fish': 'set -gx FROM_RC fish\nfunction fish_prompt; printf "F> "; end\nfunction fish_greeting; end\n',
};

/** The sequences of shell integration as a person can read them. */
const readable = (output: string): string => output.replaceAll('\u001b]633;', '«').replaceAll('\u0007', '»');

describe('shell integration', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  let pid = 0;
  before(async () => {
    mkdirSync(`${HOME}/.config/fish`, { recursive: true });
    mkdirSync(`${HOME}/a;b c`);
    for (const [name, text] of Object.entries(files)) writeFileSync(`${HOME}/${name}`, text);
    machine = await Machine.start();
    pid = await sleepers.start('env', `HOME=${HOME}`, 'unshare', '--uts', 'sleep', 'infinity');
    // The directory of zsh is made once and kept.
    await inShell('/usr/bin/zsh', terminal => terminal.see(/Z> /));
    await machine.settle();
  });
  afterEach(() => machine.requireClean());
  after(async () => {
    await sleepers.stop();
    await machine.stop();
    rmSync(HOME, { recursive: true, force: true });
  });

  /** A terminal with that shell for as long as the work takes. */
  async function inShell(shell: string, work: (terminal: Terminal) => Promise<unknown>, shellIntegration = true): Promise<void> {
    const terminal = await Terminal.open(machine, { target: { pid }, command: [shell], directory: HOME, shellIntegration });
    try {
      await work(terminal);
    } finally {
      await terminal.close();
    }
  }

  const see = (terminal: Terminal, pattern: RegExp): Promise<unknown> =>
    eventually(`${pattern}`, () => pattern.test(readable(terminal.output))).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${JSON.stringify(readable(terminal.output))}`);
    });

  for (const [name, shell, prompt] of [
    ['bash', '/bin/bash', 'B> '],
    ['zsh', '/usr/bin/zsh', 'Z> '],
    ['fish', '/usr/bin/fish', 'F> '],
  ] as const) {
    it(`of ${name} tells prompt, command, exit code and directory`, () =>
      inShell(shell, async terminal => {
        await see(terminal, new RegExp(`«A»[\\s\\S]*${prompt}[\\s\\S]*«B»`));
        assert.ok(readable(terminal.output).includes(`«P;Cwd=${HOME}»`));
        terminal.type(`sh -c 'echo in; exit 7'\r`);
        await see(terminal, /«C»[\s\S]*in\r\n[\s\S]*«D;7»/);
        terminal.type(`cd 'a;b c'\r`);
        await see(terminal, /«D;0»[\s\S]*«P;Cwd=[\s\S]*\/a\\x3bb c»/);
        terminal.type('true\r');
        await see(terminal, /x3bb c»[\s\S]*«C»[\s\S]*«D;0»/);
      }));

    it(`of ${name} leaves the person's own files, no variable of its own and no descriptor`, () =>
      inShell(shell, async terminal => {
        await see(terminal, new RegExp(prompt));
        terminal.type(
          `sh -c 'echo "rc=$FROM_RC"; env | grep -c -e BURROW_SHELL -e ZDOTDIR -e PROMPT_COMMAND; ls -l /proc/$PPID/fd | grep -c " 200 "; echo over'\r`,
        );
        await see(terminal, new RegExp(`rc=${name}\\r\\n0\\r\\n0\\r\\nover`));
        terminal.type('sh -c "ls /proc/self/fd | tr \'\\n\' _; echo"\r');
        await see(terminal, /0_1_2_3_\r\n/); // 3 is ls reading the directory
      }));
  }

  it('is not there unless it is asked for', () =>
    inShell(
      '/bin/bash',
      async terminal => {
        terminal.type('echo "<$PROMPT_COMMAND$PS0>"\r');
        await see(terminal, /<>\r\n/);
        assert.ok(!readable(terminal.output).includes('«'));
      },
      false,
    ));
});
