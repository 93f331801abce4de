import { CgroupLimits } from '../../helper/protocol/definition/limits.ts';
import { firstProblem } from '../../helper/protocol/problem.ts';
import type { Usage } from '../../helper/protocol/report.ts';
import { sizeNotation, sizeWords } from '../amounts.ts';
import { limitWords } from '../limits.ts';

export type LimitKey = keyof typeof CgroupLimits.shape;
export const limitKeys = Object.keys(CgroupLimits.shape) as LimitKey[];

interface Kind {
  readonly label: string;
  /** What a limit looks like. */
  readonly example: string;
  readonly isSize: boolean;
  /** What is used of it now. */
  readonly used: (usage: Usage) => string | undefined;
}

const nothing = (): undefined => undefined;

export const limitKinds: Readonly<Record<LimitKey, Kind>> = {
  memory: {
    label: 'Memory',
    example: 'like 256M or 2G',
    isSize: true,
    used: ({ memoryBytes }) => (memoryBytes === undefined ? undefined : sizeWords(memoryBytes)),
  },
  swap: { label: 'Swap', example: 'like 64M, or 0', isSize: true, used: nothing },
  cpu: { label: 'Processors', example: 'like 0.5 or 2', isSize: false, used: nothing },
  processes: {
    label: 'Processes',
    example: 'processes and threads together, like 64',
    isSize: false,
    used: ({ processes }) => processes?.toLocaleString('en'),
  },
  ioWeight: { label: 'Weight at the disk', example: 'from 1 to 10000; 100 is usual', isSize: false, used: nothing },
};

/** One limit with its value and what is used: `256 MB · 24 MB used now`. */
export function limitDescription(key: LimitKey, limits: CgroupLimits, usage: Usage): string {
  const used = limitKinds[key].used(usage);
  return [limitWords(key, limits) ?? 'no limit', ...(used === undefined ? [] : [`${used} used now`])].join(' · ');
}

/** A limit as a person writes it, to be changed. */
export function limitNotation(key: LimitKey, limits: CgroupLimits): string {
  const value = limits[key];
  if (value === undefined) return '';
  return limitKinds[key].isSize ? sizeNotation(value) : `${value}`;
}

export type ReadLimit = { readonly limit: number | null } | { readonly problem: string };

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);

/** Reads what a person wrote; nothing takes the limit away. */
export function readLimit(key: LimitKey, text: string): ReadLimit {
  const written = text.trim();
  if (!written) return { limit: null };
  const result = CgroupLimits.safeParse({ [key]: isNumber(written) ? Number(written) : written });
  if (!result.success) return { problem: firstProblem(result.error, 'limits') };
  return { limit: result.data[key] ?? null };
}
