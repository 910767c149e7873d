import type { Timer } from '../../arrival/index.ts'

/** One of this runtime's timers, as arrival sets a limit to its questions. */
export function timer(milliseconds: number): Timer {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const handle = setTimeout(resolve, milliseconds)
  return { over, cancel: () => clearTimeout(handle) }
}
