/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, changes: 3, checks: 4, denied: 5 } as const

/** The command was called wrongly: the message says what is wrong and what to do. */
export class UsageError extends Error {}

/** The command could not do its work. `code` is stable, for scripts and for the documentation. */
export class CommandError extends Error {
  readonly code: string
  readonly exitCode: number

  constructor(code: string, message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.exitCode = options.exitCode ?? EXIT.failed
  }
}
