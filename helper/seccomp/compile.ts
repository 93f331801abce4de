// Decisions → the classic BPF program that seccomp(2) takes.
import { Refusal } from '../sys/errors.ts';
import { __X32_SYSCALL_BIT, AUDIT_ARCH_AARCH64, AUDIT_ARCH_X86_64, BPF_MAXINSNS, seccompReturn } from '../sys/flags.ts';
import { Assembler, type Label, type Loaded } from './assembler.ts';
import type { Case, Decision, Decisions } from './decide.ts';
import type { Condition } from './policy.ts';
import type { Architecture } from './syscall-table.ts';

/** struct seccomp_data of linux/seccomp.h; both architectures keep the low half of an argument first. */
const NUMBER = 0;
const ARCH = 4;
const lowOf = (argument: number): number => 16 + argument * 8;
const highOf = (argument: number): number => lowOf(argument) + 4;

const ENOSYS = 38;
/** What a tracer sets in place of a call that it skips; it has nothing of an x32 call. */
const SKIPPED = 0xffff_ffff;
const auditArch: Readonly<Record<Architecture, number>> = { x64: AUDIT_ARCH_X86_64, arm64: AUDIT_ARCH_AARCH64 };

/**
 * A call of another architecture's table (int 0x80 on x86-64) kills the process: its numbers mean other
 * calls. One of the x32 ABI is answered ENOSYS, like on a kernel without it.
 * @returns struct sock_filter[], eight bytes each
 * @throws Refusal `invalid` for more than the kernel takes
 */
export function compile(decisions: Decisions, architecture: Architecture): Buffer {
  const program = new Assembler();
  const foreign = program.return(seccompReturn.SECCOMP_RET_KILL_PROCESS);
  const own = (architecture === 'x64' ? searchWithoutX32 : search)(program, ranges(program, decisions), { offset: NUMBER });
  program.compare('BPF_JEQ', auditArch[architecture], own, foreign, { offset: ARCH });
  if (program.length > BPF_MAXINSNS) {
    throw new Refusal(
      'invalid',
      `The seccomp policy is too long: it makes a filter of ${program.length} instructions, and the kernel takes ${BPF_MAXINSNS}.`,
    );
  }
  return program.bytes();
}

interface Range {
  readonly from: number;
  readonly decision: Label;
}

/** All numbers, as few ranges: what answers alike and stands side by side is one. Each ends where the next begins. */
function ranges(program: Assembler, { byNumber, otherwise }: Decisions): Range[] {
  const known = new Map<string, Label>();
  const labelOf = (decision: Decision): Label => {
    const key = JSON.stringify(decision, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    const label = known.get(key) ?? answer(program, decision);
    known.set(key, label);
    return label;
  };
  const rest = labelOf({ cases: [], otherwise });
  const all: Range[] = [{ from: 0, decision: rest }];
  const add = (from: number, decision: Label): void => {
    if (all.at(-1)?.from === from) all.pop();
    if (all.at(-1)?.decision !== decision) all.push({ from, decision });
  };
  for (const [number, decision] of [...byNumber].sort(([a], [b]) => a - b)) {
    add(number, labelOf(decision));
    add(number + 1, rest);
  }
  return all;
}

/** A binary search; without `number` it has been loaded. */
function search(program: Assembler, within: readonly Range[], number?: Loaded): Label {
  const [first] = within;
  if (!first) throw new Error('a search in nothing');
  if (within.length === 1) return first.decision;
  const middle = within.length >> 1;
  const upper = within.slice(middle);
  const above = search(program, upper);
  const below = search(program, within.slice(0, middle));
  return program.compare('BPF_JGE', upper[0]?.from ?? 0, above, below, number);
}

function searchWithoutX32(program: Assembler, within: readonly Range[], number: Loaded): Label {
  const native = search(program, within);
  const absent = program.return(seccompReturn.SECCOMP_RET_ERRNO + ENOSYS);
  const beyond = program.compare('BPF_JEQ', SKIPPED, native, absent);
  return program.compare('BPF_JGE', __X32_SYSCALL_BIT, beyond, native, number);
}

function answer(program: Assembler, { cases, otherwise }: Decision): Label {
  const ask = (next: Label, { conditions, answer: yes }: Case): Label =>
    conditions.reduceRight((holds, condition) => test(program, condition, holds, next), program.return(yes));
  return cases.reduceRight(ask, program.return(otherwise));
}

/** A register of the filter has 32 bits: the high half decides, and where it is equal the low one. */
function test(program: Assembler, { index, op, value, valueTwo }: Condition, yes: Label, no: Label): Label {
  const [high, low] = halves(value);
  const upper = { offset: highOf(index) };
  const lower = { offset: lowOf(index) };
  const inHalves = (than: 'BPF_JGT' | 'BPF_JGE', greater: Label, notGreater: Label): Label => {
    const inLower = program.compare(than, low, greater, notGreater, lower);
    const equal = program.compare('BPF_JEQ', high, inLower, notGreater);
    return program.compare('BPF_JGT', high, greater, equal, upper);
  };
  const equals = (same: Label, different: Label): Label => {
    const inLower = program.compare('BPF_JEQ', low, same, different, lower);
    return program.compare('BPF_JEQ', high, inLower, different, upper);
  };
  switch (op) {
    case 'SCMP_CMP_EQ':
      return equals(yes, no);
    case 'SCMP_CMP_NE':
      return equals(no, yes);
    case 'SCMP_CMP_GT':
      return inHalves('BPF_JGT', yes, no);
    case 'SCMP_CMP_GE':
      return inHalves('BPF_JGE', yes, no);
    case 'SCMP_CMP_LT':
      return inHalves('BPF_JGE', no, yes);
    case 'SCMP_CMP_LE':
      return inHalves('BPF_JGT', no, yes);
    case 'SCMP_CMP_MASKED_EQ': {
      const [wantedHigh, wantedLow] = halves(valueTwo);
      const inLower = masked(program, { ...lower, mask: low }, wantedLow, yes, no);
      return masked(program, { ...upper, mask: high }, wantedHigh, inLower, no);
    }
  }
}

function masked(program: Assembler, half: Required<Loaded>, wanted: number, yes: Label, no: Label): Label {
  if (half.mask === 0 && wanted === 0) return yes; // a half that is not looked at
  return program.compare('BPF_JEQ', wanted, yes, no, half);
}

const halves = (value: bigint): readonly [number, number] => [Number(value >> 32n), Number(value & 0xffff_ffffn)];
