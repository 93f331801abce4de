const units = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** `24 MB`, `1.5 GB`: units are powers of 1,024, as in limits. */
export function sizeWords(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  // A second digit tells something only of small numbers.
  const digits = amount >= 10 || Number.isInteger(amount) ? 0 : 1;
  return `${Number(amount.toFixed(digits)).toLocaleString('en')} ${units[unit]}`;
}

/** `5 s`, `0.02 s`, `1 min 30 s`. */
export function secondsWords(seconds: number): string {
  if (seconds < 100) return `${Number(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return [
    ...(hours ? [`${hours.toLocaleString('en')} h`] : []),
    ...(minutes ? [`${minutes} min`] : []),
    ...(rest ? [`${rest} s`] : []),
  ].join(' ');
}

const shifts: readonly (readonly [string, number])[] = [
  ['T', 2 ** 40],
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
];

/** As definitions have it, and exact: `256M`, `1000`. */
export function sizeNotation(bytes: number): string {
  const fitting = shifts.find(([, unit]) => bytes >= unit && bytes % unit === 0);
  return fitting ? `${bytes / fitting[1]}${fitting[0]}` : `${bytes}`;
}
