import * as z from 'zod';

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const pattern = /^(\d{1,15})\s?([KMGT]?)(?:iB|B)?$/;

const parse = (text: string): number => {
  const [, count, unit = ''] = pattern.exec(text) ?? [];
  return Number(count) * (units[unit] ?? Number.NaN);
};

const sizeFrom = (least: 0 | 1, range: string) =>
  z.union([
    z.int().min(least),
    z
      .string()
      .regex(pattern, 'must be a size like 64M; 1.5G is written 1536M')
      .refine(text => Number.isSafeInteger(parse(text)) && parse(text) >= least, range)
      .transform(parse),
  ]);

/** A number of bytes, as a number or as people write it; units are powers of 1,024. Parsed it is the number. */
export const SizeBytes = sizeFrom(1, 'must be a size above 0 and below 8 PiB');

/** The same, where none at all makes sense. */
export const SizeOrNoneBytes = sizeFrom(0, 'must be a size below 8 PiB');
