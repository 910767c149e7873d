/**
 * A file that a command is given.
 */
import { readFileSync } from 'node:fs'
import { OperationError } from './failure.ts'

/** Its octets; of `-` those of the standard input. Throws OperationError with the reason. */
export function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new OperationError(`${file} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}
