import { Failure } from './failure.ts';
import { HelperFailure } from './helper-failure.ts';
import {
  type MethodName,
  methods,
  type Notification,
  type NotificationName,
  notifications,
  type ParamsInput,
  type Result,
} from './methods.ts';

/** The part of a JSON-RPC connection that a client needs; vscode-jsonrpc's MessageConnection has it. */
export interface Wire {
  sendRequest(method: string, params: unknown, token?: unknown): Promise<unknown>;
  onNotification(method: string, handler: (params: unknown) => void): { dispose(): void };
}

/**
 * Sends one request and reads its result.
 * @throws HelperFailure when the helper answers with a failure; whatever the wire throws when it breaks
 */
export async function request<M extends MethodName>(wire: Wire, method: M, params: ParamsInput<M>, token?: unknown): Promise<Result<M>> {
  const sent = token === undefined ? wire.sendRequest(method, params) : wire.sendRequest(method, params, token);
  const answer = await sent.catch((error: unknown) => {
    const data = Failure.safeParse(error instanceof Error && 'data' in error ? error.data : undefined);
    throw data.success ? new HelperFailure(data.data) : error;
  });
  return methods[method].result.parse(answer) as Result<M>;
}

export function onNotification<N extends NotificationName>(
  wire: Wire,
  name: N,
  handler: (notification: Notification<N>) => void,
): { dispose(): void } {
  return wire.onNotification(name, raw => handler(notifications[name].parse(raw) as Notification<N>));
}
