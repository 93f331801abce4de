// Filters against what their policies say in words: each is run over calls at the borders of its comparisons.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compile } from '../../../../helper/seccomp/compile.ts';
import { type Circumstances, decide } from '../../../../helper/seccomp/decide.ts';
import { comparisons, Policy, type PolicyInput } from '../../../../helper/seccomp/policy.ts';
import { type Architecture, syscallNumbers } from '../../../../helper/seccomp/syscall-table.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';
import { type Next, random } from '../../random.ts';
import { run, type SeccompData } from './interpreter.ts';

const X86_64 = 0xc000_003e;
const AARCH64 = 0xc000_00b7;
const I386 = 0x4000_0003;
const ALLOW = 0x7fff_0000;
const KILL_PROCESS = 0x8000_0000;
const errno = (number: number): number => 0x0005_0000 + number;
const answers: Readonly<Record<string, number>> = {
  SCMP_ACT_ALLOW: ALLOW,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: KILL_PROCESS,
};

const here = (architecture: Architecture): Circumstances => ({ architecture, kernel: '6.18.0', capabilities: new Set() });
const filterOf = (policy: PolicyInput, architecture: Architecture = 'x64'): Buffer =>
  compile(decide(Policy.parse(policy), here(architecture)), architecture);
const numberOf = (name: string): number => syscallNumbers.x64.get(name) ?? assert.fail(name);
const call = (name: string, ...args: readonly bigint[]): SeccompData => ({ nr: numberOf(name), arch: X86_64, args });

type Rule = Policy['syscalls'][number];

function holds({ index, op, value, valueTwo }: NonNullable<Rule['args']>[number], args: readonly bigint[]): boolean {
  const given = args[index] ?? 0n;
  switch (op) {
    case 'SCMP_CMP_EQ':
      return given === value;
    case 'SCMP_CMP_NE':
      return given !== value;
    case 'SCMP_CMP_LT':
      return given < value;
    case 'SCMP_CMP_LE':
      return given <= value;
    case 'SCMP_CMP_GT':
      return given > value;
    case 'SCMP_CMP_GE':
      return given >= value;
    case 'SCMP_CMP_MASKED_EQ':
      return (given & value) === valueTwo;
  }
}

/** The policy read rule by rule, without anything that the filter is made with. */
function evaluate(policy: Policy, architecture: Architecture, { nr, arch, args }: SeccompData): number {
  if (arch !== (architecture === 'x64' ? X86_64 : AARCH64)) return KILL_PROCESS;
  if (architecture === 'x64' && nr >= 0x4000_0000 && nr !== 0xffff_ffff) return errno(38);
  const said = (action: string, number = 1): number => answers[action] ?? errno(number);
  const otherwise = said(policy.defaultAction, policy.defaultErrnoRet);
  const about = policy.syscalls
    .filter(rule => rule.names.some(name => syscallNumbers[architecture].get(name) === nr))
    .map(rule => ({ args: rule.args ?? [], answer: said(rule.action, rule.errnoRet) }))
    .filter(({ answer }) => answer !== otherwise);
  const decisive = about.find(rule => rule.args.length === 0) ?? about.find(rule => rule.args.every(each => holds(each, args)));
  return decisive?.answer ?? otherwise;
}

const borders = [0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 32n, (1n << 32n) + 1n, 1n << 63n, (1n << 64n) - 1n];
const near = (value: bigint): bigint[] => [value - 1n, value, value + 1n, (value & 0xffff_ffffn) << 32n, value >> 32n, value ^ (1n << 32n)];

function pick<T>(next: Next, from: readonly T[]): T {
  const picked = from[next(from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

function randomPolicy(next: Next, pool: readonly string[], rules: number): Policy {
  const anAction = (): { action: PolicyInput['defaultAction']; errnoRet?: number } => {
    const action = pick(next, [
      'SCMP_ACT_ALLOW',
      'SCMP_ACT_ERRNO',
      'SCMP_ACT_ERRNO',
      'SCMP_ACT_KILL',
      'SCMP_ACT_LOG',
      'SCMP_ACT_TRAP',
    ] as const);
    return action === 'SCMP_ACT_ERRNO' ? { action, errnoRet: next(4) } : { action };
  };
  const aValue = (): bigint => (next(3) === 0 ? BigInt(next(2 ** 32)) * BigInt(next(2 ** 32)) : pick(next, borders));
  const aCondition = (index: number) => {
    const op = pick(next, comparisons);
    const value = aValue();
    // Mostly one that can hold: what is compared lies within the mask.
    const valueTwo = next(4) === 0 ? aValue() : aValue() & value;
    return { index, op, value: String(value), ...(op === 'SCMP_CMP_MASKED_EQ' && { valueTwo: String(valueTwo) }) };
  };
  const conditions = () => Array.from({ length: next(4) }, (_, at) => aCondition(at * 2 + next(2)));
  const { action, errnoRet } = anAction();
  return Policy.parse({
    defaultAction: action,
    ...(errnoRet !== undefined && { defaultErrnoRet: errnoRet }),
    syscalls: Array.from({ length: rules }, () => ({
      names: Array.from({ length: 1 + next(3) }, () => pick(next, pool)),
      ...anAction(),
      args: conditions(),
    })),
  });
}

/** Calls of every name of the policy and of its neighbours, with arguments around all that it compares with. */
function* calls(next: Next, policy: Policy, architecture: Architecture): Generator<SeccompData> {
  const arch = architecture === 'x64' ? X86_64 : AARCH64;
  const named = policy.syscalls.flatMap(rule => rule.names.map(name => ({ rule, nr: syscallNumbers[architecture].get(name) ?? 0 })));
  for (const { rule, nr } of named) {
    const compared = (rule.args ?? []).flatMap(({ value, valueTwo }) => [...near(value), ...near(valueTwo)]);
    const values = [...borders, ...compared].map(value => BigInt.asUintN(64, value));
    for (let count = 0; count < 12; count++) yield { nr, arch, args: Array.from({ length: 6 }, () => pick(next, values)) };
    for (const beside of [nr - 1, nr + 1]) yield { nr: Math.max(0, beside), arch, args: [] };
    yield { nr, arch: pick(next, [I386, X86_64, AARCH64]), args: [] };
    yield { nr: nr + 0x4000_0000, arch, args: [] };
  }
  for (const nr of [0, 471, 5000, 0x3fff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) yield { nr, arch, args: [] };
}

function check(next: Next, policy: Policy, architecture: Architecture): Set<number> {
  const filter = compile(decide(policy, here(architecture)), architecture);
  const seen = new Set<number>();
  for (const each of calls(next, policy, architecture)) {
    const wanted = evaluate(policy, architecture, each);
    const about = () =>
      `${architecture} ${each.nr}(${each.args.join(', ')}) of ${each.arch} under ${JSON.stringify(policy, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`;
    const got = run(filter, each);
    if (got !== wanted) assert.equal(got, wanted, about());
    seen.add(wanted);
  }
  return seen;
}

describe('compile', () => {
  for (const architecture of ['x64', 'arm64'] as const) {
    it(`answers as any policy says, on ${architecture}`, () => {
      const next = random(20_261);
      const all = [...syscallNumbers[architecture].keys()];
      const seen = new Set<number>();
      for (let count = 0; count < 300; count++) {
        const pool = Array.from({ length: 1 + next(12) }, () => pick(next, all));
        for (const answer of check(next, randomPolicy(next, [...pool, 'no_such_call'], next(24)), architecture)) seen.add(answer);
      }
      assert.ok(seen.size >= 8, `only ${[...seen]} was ever wanted`);
    });

    it(`reaches answers that are farther than a jump, on ${architecture}`, () => {
      const next = random(7);
      const all = [...syscallNumbers[architecture].keys()];
      const policy = randomPolicy(next, all, 250);
      assert.ok(compile(decide(policy, here(architecture)), architecture).length / 8 > 1500);
      check(next, policy, architecture);
    });
  }

  it('kills a process that calls by the table of another architecture', () => {
    const filter = filterOf({ defaultAction: 'SCMP_ACT_ALLOW' });
    assert.equal(run(filter, { nr: 1, arch: I386, args: [] }), KILL_PROCESS);
    assert.equal(run(filter, { nr: 1, arch: X86_64, args: [] }), ALLOW);
  });

  it('has no x32, but leaves alone what a tracer skips', () => {
    const filter = filterOf({ defaultAction: 'SCMP_ACT_ALLOW' });
    assert.equal(run(filter, { nr: 0x4000_0001, arch: X86_64, args: [] }), errno(38));
    assert.equal(run(filter, { nr: 0xffff_ffff, arch: X86_64, args: [] }), ALLOW);
  });

  it('sees a bit in the upper half of an argument where the rule compares all of it', () => {
    const filter = filterOf({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['ioctl'], action: 'SCMP_ACT_ERRNO', args: [{ index: 1, op: 'SCMP_CMP_EQ', value: 0x5412 }] }],
    });
    assert.equal(run(filter, call('ioctl', 0n, 0x5412n)), errno(1));
    assert.equal(run(filter, call('ioctl', 0n, 0x1_0000_5412n)), ALLOW);
  });

  it('makes one block of what answers alike', () => {
    const args = [{ index: 0, op: 'SCMP_CMP_EQ', value: 1 }] as const;
    const rule = (...names: string[]) => ({ names, action: 'SCMP_ACT_ERRNO' as const, args: [...args] });
    const apart = filterOf({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule('read'), rule('write'), rule('open')] });
    const together = filterOf({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [rule('read', 'write', 'open')] });
    assert.equal(apart.toString('hex'), together.toString('hex'));
  });

  it('refuses more than the kernel takes', () => {
    const value = (index: number): number => 1 + index;
    const syscalls = Array.from({ length: 1500 }, (_, at) => ({
      names: ['ioctl'],
      action: 'SCMP_ACT_ERRNO' as const,
      args: [{ index: 1, op: 'SCMP_CMP_EQ' as const, value: value(at) }],
    }));
    assert.throws(
      () => filterOf({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }),
      (error: unknown) =>
        error instanceof Refusal &&
        error.failure.kind === 'invalid' &&
        /^The seccomp policy is too long: it makes a filter of \d{4} instructions, and the kernel takes 4096\.$/.test(error.message),
    );
  });
});
