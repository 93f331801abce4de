/** No helper runs, and the request needs one. */
export class NotRunning extends Error {
  override readonly name = 'NotRunning';
  constructor() {
    super("Burrow's helper is not running.");
  }
}

/** The connection broke while an answer was awaited. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  constructor(cause?: unknown) {
    super("Burrow's helper stopped before it answered.", { cause });
  }
}

/** Something answers at the socket, but it cannot be talked to: an older or newer helper may outlive an update. */
export class OtherVersion extends Error {
  override readonly name = 'OtherVersion';
  constructor(cause?: unknown) {
    super('The helper that runs is of another version of Burrow; restart it to go on.', { cause });
  }
}

/** The helper answered with something else than its protocol says. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
  constructor(cause: unknown) {
    super("The helper's answer could not be read.", { cause });
  }
}

/** The helper could not be started. The message is one sentence for a person. */
export class LaunchFailed extends Error {
  override readonly name = 'LaunchFailed';
  /** What the person can type instead. */
  readonly line: string | undefined;
  constructor(message: string, line?: string) {
    super(message);
    this.line = line;
  }
}

/** What the person asked for cannot be done, for a reason that is no fault; the message is the sentence to show. */
export class Refused extends Error {
  override readonly name = 'Refused';
}
