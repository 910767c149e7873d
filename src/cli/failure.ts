/**
 * How the program fails: one clear sentence and an exit code that scripts can tell apart.
 */

/** The command line or configuration is wrong: nothing was done. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly exitCode = 2
}

/** The command was understood but could not be carried out. Exit code 1. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly exitCode = 1
}
