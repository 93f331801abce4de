// What is done to a sandbox while it runs.
import { window } from 'vscode';
import type { Sandbox } from '../../helper/protocol/model.ts';
import { subjectFor } from '../ask-subject.ts';
import { NotRunning, Refused } from '../helper-client/errors.ts';
import { inert } from '../hostile-text.ts';
import { limitWords } from '../limits.ts';
import { askOne, askText, back } from '../questions.ts';
import type { Session } from '../session.ts';
import { type LimitKey, limitDescription, limitKeys, limitKinds, limitNotation, readLimit } from './new-limits.ts';

/** The sandbox that a command is about. @returns undefined when the person left */
export async function sandboxFor(session: Session, argument: unknown, title: string): Promise<Sandbox | undefined> {
  const subject = await subjectFor(session, argument, title, ['sandbox']);
  if (subject?.kind !== 'sandbox') return undefined;
  if (!session.hello) throw new NotRunning();
  const sandbox = session.machine.sandbox(subject.id);
  if (!sandbox) throw new Refused('The sandbox has been removed');
  return sandbox;
}

async function askLimit(title: string, key: LimitKey, { limits }: Sandbox): Promise<number | null | typeof back | undefined> {
  const { label, example } = limitKinds[key];
  const text = await askText({
    title,
    step: 2,
    totalSteps: 2,
    hasBack: true,
    value: limitNotation(key, limits),
    placeholder: 'No limit',
    prompt: `${label}: ${example}. Empty takes the limit away.`,
    validate: written => {
      const read = readLimit(key, written);
      return 'problem' in read ? read.problem : undefined;
    },
  });
  if (text === undefined || text === back) return text;
  const read = readLimit(key, text);
  return 'limit' in read ? read.limit : undefined;
}

export async function changeLimits(session: Session, argument?: unknown): Promise<void> {
  const sandbox = await sandboxFor(session, argument, 'Change Limits');
  if (!sandbox) return;
  const title = `Change Limits of ${sandbox.name}`;
  const usage = await session.request('sandbox/usage', { sandbox: sandbox.id });
  const choices = limitKeys.map(key => ({
    label: limitKinds[key].label,
    description: limitDescription(key, sandbox.limits, usage),
    value: key,
  }));
  for (;;) {
    const key = await askOne({ title, step: 1, totalSteps: 2, placeholder: 'Which limit?' }, choices);
    if (key === undefined || key === back) return;
    const limit = await askLimit(title, key, sandbox);
    if (limit === undefined) return;
    if (limit === back) continue;
    const changed = await session.request('sandbox/update', { sandbox: sandbox.id, limits: { [key]: limit } });
    session.takeIn(changed);
    const now = limitWords(key, changed.limits) ?? 'no limit';
    void window.showInformationMessage(inert(`${limitKinds[key].label} of ${sandbox.name}: ${now}.`));
    return;
  }
}

const signals = [
  { label: 'SIGTERM', detail: 'Asks it to end.' },
  { label: 'SIGINT', detail: 'As Ctrl+C in its terminal.' },
  { label: 'SIGHUP', detail: 'Its terminal has gone; many services read their configuration again.' },
  { label: 'SIGKILL', detail: 'Ends it at once, and with an init all that it started.' },
  { label: 'SIGSTOP', detail: 'Halts it until SIGCONT.' },
  { label: 'SIGCONT', detail: 'Lets it go on.' },
  { label: 'SIGUSR1', detail: 'What it makes of it.' },
  { label: 'SIGUSR2', detail: 'What it makes of it.' },
  { label: 'SIGQUIT', detail: 'Asks it to end and leave a core dump.' },
] as const;

export async function sendSignal(session: Session, argument?: unknown): Promise<void> {
  const sandbox = await sandboxFor(session, argument, 'Send Signal');
  if (!sandbox) return;
  const choices = signals.map(each => ({ ...each, value: each.label }));
  const signal = await askOne({ title: `Send Signal to ${sandbox.name}`, placeholder: 'To its command, or its init' }, choices);
  if (signal === undefined || signal === back) return;
  await session.request('sandbox/signal', { sandbox: sandbox.id, signal });
}
