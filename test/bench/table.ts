import { mkdirSync, writeFileSync } from 'node:fs';
import { inRepository } from '../support/repository.ts';
import type { Machine } from './machine.ts';
import type { Times } from './measure.ts';

export type Unit = 'ms' | 'µs' | 'MB' | '%' | 'times';

/** One line of the table: what was measured of Burrow, and beside it what it is compared with. */
export interface Row {
  readonly what: string;
  readonly burrow: number;
  readonly unit: Unit;
  readonly against?: string;
  /** In the same unit. */
  readonly other?: number;
  /** Burrow's as a part of the other's: below 1 is less. */
  readonly ratio?: number;
  /** The most that the ratio may be, or the figure itself where there is nothing to compare with. */
  readonly atMost?: number;
  readonly met?: boolean;
  /** Of whoever had fewer. */
  readonly rounds: number;
}

interface Other {
  readonly against: string;
  readonly other: number;
}

/** @param atMost the goal, where there is one */
export function row(what: string, burrow: number, unit: Unit, rounds: number, other?: Other, atMost?: number): Row {
  const ratio = other && burrow / other.other;
  return {
    what,
    burrow,
    unit,
    ...other,
    ...(ratio !== undefined && { ratio }),
    ...(atMost !== undefined && { atMost, met: (ratio ?? burrow) <= atMost }),
    rounds,
  };
}

/** Two times, in ms. */
export const compared = (what: string, burrow: Times, against: string, other: Times, atMost?: number): Row =>
  row(what, burrow.medianMs, 'ms', Math.min(burrow.rounds, other.rounds), { against, other: other.medianMs }, atMost);

const digits = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 1);
const quantity = (value: number, unit: Unit): string => (unit === 'times' ? `${value} ×` : `${digits(value)} ${unit}`);

function goal({ ratio, unit, atMost }: Row): string {
  if (atMost === undefined) return '';
  return `≤ ${ratio === undefined ? quantity(atMost, unit) : atMost}`;
}

export function print(rows: readonly Row[]): void {
  console.table(
    rows.map(each => ({
      what: each.what,
      Burrow: quantity(each.burrow, each.unit),
      against: each.against ?? '',
      other: each.other === undefined ? '' : quantity(each.other, each.unit),
      ratio: each.ratio?.toFixed(each.ratio < 0.1 ? 3 : 2) ?? '',
      goal: goal(each),
      met: each.met === undefined ? '' : each.met ? 'met' : 'NOT MET',
      rounds: each.rounds,
    })),
  );
}

/** The last result of a group stays in the repository. */
export function keep(group: string, machine: Machine, rows: readonly Row[]): void {
  const folder = inRepository('test/bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${group}.json`, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
}
