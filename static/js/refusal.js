// What a command that was not carried out is answered with.

/** A command that was not carried out: refused by the server, or cut off (`code` "connection_lost"). */
export class CommandError extends Error {
  /** @param {{code: string, message: string, retry: boolean, after_ms?: number}} refusal */
  constructor(refusal) {
    super(refusal.message);
    this.code = refusal.code;
    this.retry = refusal.retry;
    this.afterMs = refusal.after_ms;
  }
}

/** Cut off: nobody knows whether it was carried out. */
export const lost = () => new CommandError({ code: 'connection_lost', message: 'The connection was lost.', retry: true });
/** There will be no connection any more. */
export const ended = () => new CommandError({ code: 'unauthorized', message: 'The sign-in has ended.', retry: false });
