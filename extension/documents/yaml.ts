import { Document, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { visible } from '../hostile-text.ts';

/** A value with a comment behind it. */
export class Noted {
  readonly value: string | number;
  readonly comment: string | undefined;
  constructor(value: string | number, comment: string | undefined) {
    this.value = value;
    this.comment = comment;
  }
}

/** Short values that stand on one line. */
export class Inline {
  readonly values: readonly string[];
  constructor(values: readonly string[]) {
    this.values = values;
  }
}

export type Value = string | number | Noted | Inline | readonly Value[] | Fields;
/** In the order in which they are shown; undefined ones are left out. */
export interface Fields {
  readonly [name: string]: Value | undefined;
}

const textLength = 4096;

// Made visible before they are quoted, so that no value spans two lines and none hides a part of itself.
const text = (value: string): string => visible(value, textLength);

function scalar(value: string | number, comment?: string): Scalar {
  const node = new Scalar(typeof value === 'string' ? text(value) : value);
  if (comment) node.comment = ` ${text(comment)}`;
  return node;
}

function sequence(values: readonly Value[]): YAMLSeq {
  const node = new YAMLSeq();
  for (const each of values) node.add(nodeOf(each));
  return node;
}

function mapping(fields: Fields): YAMLMap {
  const node = new YAMLMap();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) node.add({ key: new Scalar(text(name)), value: nodeOf(value) });
  }
  return node;
}

function inline({ values }: Inline): YAMLSeq {
  const node = sequence(values);
  node.flow = true;
  return node;
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

function nodeOf(value: Value): Scalar | YAMLSeq | YAMLMap {
  if (typeof value === 'string' || typeof value === 'number') return scalar(value);
  if (value instanceof Noted) return scalar(value.value, value.comment);
  if (value instanceof Inline) return inline(value);
  return isList(value) ? sequence(value) : mapping(value);
}

/** A YAML document that begins with a comment. */
export function emit(title: string, fields: Fields): string {
  const document = new Document();
  document.contents = mapping(fields);
  return `# ${text(title)}\n${document.toString({ lineWidth: 0, blockQuote: false, flowCollectionPadding: false })}`;
}
