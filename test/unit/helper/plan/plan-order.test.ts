// What holds for every plan, whatever is in the definition.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile } from '../../../../helper/plan/compile.ts';
import type { Plan } from '../../../../helper/plan/steps.ts';
import { describe as show } from '../../../../helper/plan/steps.ts';
import { encode } from '../../../../helper/stage/encode.ts';
import { argumentsOf, type Call, type Instruction, type Program } from '../../../../helper/stage/program.ts';
import { plan } from './plans.ts';
import { samples } from './samples.ts';

const plans = Object.entries(samples).map(([name, { definition, facts, purpose }]) => ({
  name,
  definition,
  whole: plan(definition, facts, purpose),
}));

const isCall = (each: Instruction): each is Call => 'call' in each;
const programOf = (whole: Plan): Program => compile(whole).program;
const last = (lines: readonly string[], part: string): number => lines.findLastIndex(line => line.includes(part));
const first = (lines: readonly string[], part: string): number => lines.findIndex(line => line.includes(part));

/** Descriptors by their names as a program opens and closes them; those from 200 on outlive a close_range that ends before. */
function follow(program: Program, seen: (instruction: Instruction, open: ReadonlySet<string>) => void): Set<string> {
  const open = new Set<string>();
  for (const each of program) {
    for (const given of argumentsOf(each))
      if (typeof given === 'object' && given && 'handle' in given && !open.has('<closed>')) open.add(`<${given.handle}>`);
    seen(each, open);
    if (!isCall(each)) continue;
    const [held] = each.arguments;
    if (each.call === 'close' && typeof held === 'object' && held && 'resultOf' in held) open.delete(held.resultOf);
    if (each.call === 'close_range') {
      const all = each.arguments[1] !== 199;
      for (const name of [...open]) if (all || !name.startsWith('kept ')) open.delete(name);
      open.add('<closed>');
    }
    if (each.as !== undefined) open.add(each.as);
  }
  return open;
}

describe('every plan', () => {
  for (const { name, definition, whole } of plans) {
    const lines = show(whole);

    it(`${name}: can be given to the stage`, () => assert.ok(encode(programOf(whole)).length > 0));

    it(`${name}: uses no descriptor that it has closed`, () => {
      follow(programOf(whole), (each, open) => {
        for (const given of argumentsOf(each)) {
          if (typeof given !== 'object' || !given) continue;
          if ('resultOf' in given) assert.ok(open.has(given.resultOf), `${given.resultOf} in\n${lines.join('\n')}`);
          if ('handle' in given) assert.ok(!open.has('<closed>'), `${given.handle} in\n${lines.join('\n')}`);
        }
      });
    });

    it(`${name}: leaves init nothing but what it keeps, and a command nothing`, () => {
      let atInit: readonly string[] = [];
      const left = follow(programOf(whole), (each, open) => {
        if ('do' in each && (each.do === 'init' || each.do === 'command')) atInit = [...open];
      });
      const kept = new Set(['<closed>', 'kept staging', 'kept null', 'kept ending']);
      assert.deepEqual(
        atInit.filter(each => !kept.has(each)),
        [],
      );
      const commands = programOf(whole).some(each => isCall(each) && each.call === 'execve');
      if (commands) assert.deepEqual([...left], ['<closed>']);
    });

    it(`${name}: follows no path of the definition while the host’s root is above`, () => {
      const from = first(lines, 'pivot_root(');
      if (from < 0) return;
      const between = lines.slice(from + 1, first(lines, 'umount2(".", MNT_DETACH)'));
      const own = definition.mounts?.map(({ path }) => path) ?? ['/tmp'];
      assert.deepEqual(
        between.filter(line => own.some(path => line.includes(`"${path}"`))),
        [],
      );
      assert.ok(!between.some(line => line.includes('"/dev')));
    });

    it(`${name}: is in its control groups before it has a cgroup namespace`, () => {
      const made = first(lines, 'CLONE_NEWCGROUP');
      for (const part of ['/tasks", O_WRONLY', '/cgroup.procs", O_WRONLY', 'CLONE_INTO_CGROUP'])
        assert.ok(made < 0 || last(lines, part) < made, part);
    });

    it(`${name}: has none of the helper’s groups, and maps its users at once`, () => {
      const calls = lines.flatMap((line, index) => (/stage {3}(?:unshare|setns)\(.*CLONE_NEWUSER\)/.test(line) ? [index] : []));
      assert.ok(first(lines, 'setgroups(') >= 0);
      for (const at of calls) {
        assert.ok(first(lines, 'stage   setgroups(') < at);
        const next = lines
          .slice(at + 1, at + (lines[at]?.includes('unshare') ? 4 : 3))
          .map(line => line.slice(8).replace(/^from within the tenant's user namespace, |[(:].*/g, ''));
        const become = ['setresgid', 'setresuid'];
        assert.deepEqual(next, lines[at]?.includes('unshare') ? ['write uid_map', ...become] : become);
      }
    });

    it(`${name}: installs a filter only right before it executes`, () => {
      const at = last(lines, 'seccomp(');
      assert.ok(at < 0 || lines.slice(at + 1).every(line => line.startsWith('stage   execve(')));
    });

    it(`${name}: makes its record first, and joins as the host’s root`, () => {
      assert.ok(lines[0]?.startsWith('helper  write the record'));
      const rights = lines.findIndex(line => /stage {3}(?:setresuid|unshare\(CLONE_NEWUSER)/.test(line));
      const others = lines.flatMap((line, index) => (/setns\(<(?!user)/.test(line) ? [index] : []));
      for (const at of others) assert.ok(rights < 0 || at < rights, lines[at]);
    });
  }
});
