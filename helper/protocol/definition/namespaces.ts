import * as z from 'zod';
import { NamespaceType } from '../model.ts';
import { PlainText } from '../target.ts';

/** `4026532345`, `net:4026532345`, `pid:812`, `container:redis-1`, `sandbox:web`, `netns:blue`, or only a name. */
const Join = PlainText.min(1)
  .max(256)
  .regex(/^[^\s/]+$/, 'must be an inode, pid:NUMBER, container:NAME, sandbox:NAME, netns:NAME or a name');

/** `true`: a new one. `false`: the one that the helper is in. Anything else: that one is joined. */
const Choice = z.union([z.boolean(), Join]);
type NamespaceChoice = z.infer<typeof Choice>;

const everyType = (choose: (type: NamespaceType) => NamespaceChoice): Record<NamespaceType, NamespaceChoice> =>
  Object.fromEntries(NamespaceType.options.map(type => [type, choose(type)])) as Record<NamespaceType, NamespaceChoice>;

/** A list names those that are new, and no other; an object says it for each, and what it leaves out is new. Parsed it is the object. */
export const Namespaces = z.union([
  z
    .array(NamespaceType)
    .max(NamespaceType.options.length)
    .transform(list => everyType(type => list.includes(type))),
  z.strictObject(
    Object.fromEntries(NamespaceType.options.map(type => [type, Choice.default(true)])) as Record<
      NamespaceType,
      z.ZodDefault<typeof Choice>
    >,
  ),
]);
