/** A signal that comes twice this soon was sent once: npm passes on what the terminal has given to everyone already. */
const SAME_SIGNAL_MS = 500

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP, so that the server can drain; another one later ends the process at
 * once.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked: number | undefined
    const stop = () => {
      if (asked !== undefined && performance.now() - asked > SAME_SIGNAL_MS) process.exit(1)
      asked ??= performance.now()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  })
}
