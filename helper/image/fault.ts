import type { Failure } from '../protocol/failure.ts';
import { Refusal } from '../sys/errors.ts';

/** What is wrong with an archive or an image, as the end of a sentence: "The archive /a.tar cannot be unpacked: …". */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly kind: Failure['kind'];
  readonly hint: string | undefined;
  constructor(message: string, { kind = 'invalid', hint }: { readonly kind?: Failure['kind']; readonly hint?: string } = {}) {
    super(message);
    this.kind = kind;
    this.hint = hint;
  }
}

/** The longest piece of a name that a sentence shows. */
const SHOWN = 120;

/** A name for a sentence: hostile text, and maybe no UTF-8. */
export const quoted = (path: string): string => {
  const text = JSON.stringify(Buffer.from(path, 'latin1').toString());
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…"`;
};

/** Any failure of unpacking `subject`, as the person reads it; what is a refusal already stays one. */
export function named(error: unknown, what: string, subject: string): unknown {
  if (!(error instanceof Fault)) return error;
  const { kind, message, hint } = error;
  return new Refusal(kind, `${what} cannot be unpacked: ${message}.`, { subject, ...(hint !== undefined && { hint }) });
}
