// What is wrong with a value that somebody gave, in words. zod's own messages are for programmers.
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type Invalid<C extends Issue['code']> = Extract<Issue, { code: C }>;

/** The first thing wrong with a value, as `network.host must be …`; the whole value is called `whole`. */
export function firstProblem({ issues }: Pick<z.ZodError, 'issues'>, whole: string): string {
  const issue = deepest(issues);
  const path = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map(key => `"${path && `${path}.`}${key}"`).join(', ');
    return `${keys} ${issue.keys.length > 1 ? 'are not keys' : 'is not a key'} of ${whole}`;
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'is not allowed';
    return `${JSON.stringify(String(issue.path.at(-1)))} in ${pathOf(issue.path.slice(0, -1)) || whole} ${why}`;
  }
  return `${path || whole} ${words(issue)}`;
}

/**
 * zod leaves a key `__proto__` out of whatever has names of its own for keys, such as an environment, and says nothing.
 * @param value one that has passed its schema
 * @returns what is wrong with it, as firstProblem does
 */
export function unsaidProblem(value: unknown, whole: string, path: readonly PropertyKey[] = []): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, '__proto__')) return `"${pathOf([...path, '__proto__'])}" is not a key of ${whole}`;
  for (const [key, each] of Object.entries(value)) {
    const problem = unsaidProblem(each, whole, [...path, Array.isArray(value) ? Number(key) : key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index ? '.' : ''}${String(part)}`)).join('');

/** Of a union's branches the one that got furthest says most: a known key with a bad value beats "no branch fits". */
function deepest(issues: readonly Issue[]): Issue {
  const [first] = issues;
  if (!first) throw new Error('a ZodError without an issue');
  if (first.code !== 'invalid_union' || first.errors.length === 0) return first;
  const branches = first.errors.map(branch => deepest(branch)).sort((a, b) => rank(a) - rank(b) || b.path.length - a.path.length);
  const [best] = branches;
  const missing = branches.filter(each => isMissing(each) && each.path.length > 0);
  const at = (issue: Issue): Issue => ({ ...issue, path: [...first.path, ...issue.path] });
  if (best && rank(best) <= 1) return at(best);
  // No branch got anywhere. The only one that knows all keys, an unknown key, or the only key that lacks, still says more than what all of them want.
  const knowing = first.errors.filter(branch => branch.every(each => each.code !== 'unrecognized_keys')).map(branch => deepest(branch));
  const [only, another] = knowing.filter(each => missing.some(other => other.path.join() === each.path.join()));
  if (only && !another) return at(only);
  const telling =
    missing.length > 0 ? (branches.find(each => each.code === 'unrecognized_keys') ?? (missing.length === 1 && missing[0])) : undefined;
  return telling ? at(telling) : ({ ...first, errors: branches.map(each => [each]) } as Issue);
}

/**
 * A key that is there tells which branch was meant, and so does a value of the right type; one that is missing says only
 * that another was, unless it is missing in something that is there.
 */
function rank(issue: Issue): number {
  if (isMissing(issue)) return issue.path.length > 1 ? 0 : 3;
  if (issue.path.length > 0) return 0;
  return ['invalid_type', 'invalid_value', 'invalid_union', 'unrecognized_keys'].includes(issue.code) ? 2 : 1;
}

const isMissing = (issue: Issue): boolean =>
  issue.code === 'invalid_union'
    ? issue.errors.flat().some(each => each.path.length === 0 && isMissing(each))
    : issue.code === 'invalid_type' && issue.message.endsWith('received undefined');

function words(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue) ? 'is missing' : `must be ${either(choices(issue))}`;
    case 'invalid_value':
      return `must be ${either(choices(issue))}`;
    case 'invalid_union':
      if (issue.errors.length === 0) return discriminated(issue);
      return isMissing(issue) ? 'is missing' : union(issue.errors.flat());
    case 'too_small':
      return bounded(issue, 'at least', Number(issue.minimum));
    case 'too_big':
      return bounded(issue, 'at most', Number(issue.maximum));
    default:
      return issue.message;
  }
}

function union(issues: readonly Issue[]): string {
  const keys = issues.filter(each => isMissing(each) && each.path.length > 0).map(each => pathOf(each.path));
  if (keys.length > 0) return `must have ${either(keys)}`;
  return `must be ${either([...new Set(issues.flatMap(choices))])}`;
}

function discriminated({ options, discriminator }: Invalid<'invalid_union'> & { options?: unknown; discriminator?: unknown }): string {
  return Array.isArray(options) ? `must be ${either(options.map(each => JSON.stringify(each)))}` : `has no ${String(discriminator)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function choices(issue: Issue): string[] {
  if (issue.code === 'invalid_type')
    return issue.expected === 'boolean' ? ['true', 'false'] : [typeNames[issue.expected] ?? issue.expected];
  if (issue.code === 'invalid_value') return issue.values.map(each => JSON.stringify(each));
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap(choices);
  // Said once for all that it may be.
  return [issue.message.replace(/^must be /, '')];
}

function bounded({ origin }: Invalid<'too_small' | 'too_big'>, how: string, bound: number): string {
  if (origin === 'array') return `must have ${how} ${bound} ${bound === 1 ? 'element' : 'elements'}`;
  if (origin === 'string') return `must have ${how} ${bound} ${bound === 1 ? 'character' : 'characters'}`;
  return `must be ${how} ${bound}`;
}

const either = (all: readonly string[]): string => (all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`);
