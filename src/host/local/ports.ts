/**
 * Ports on this machine: is one free, and which one is.
 */
import { createServer } from 'node:net'
import { LocalHostError } from './failure.ts'

/** Throws LocalHostError with the flag's name when `port` cannot be listened on. Port 0 is always fine. */
export async function expectFree(host: string, port: number, flag: string): Promise<void> {
  if (port === 0) return
  try {
    await probe(host, port)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason =
      code === 'EADDRINUSE'
        ? 'is already in use'
        : code === 'EACCES'
          ? 'may not be used without more rights'
          : `cannot be used (${message})`
    throw new LocalHostError(`Port ${port} on ${host} ${reason}; choose another with ${flag}.`, { cause: error })
  }
}

/** A port that was free a moment ago, and is none of those `promised` to someone who does not listen yet. */
export async function freePort(host: string, ...promised: readonly number[]): Promise<number> {
  for (;;) {
    const port = await probe(host, 0)
    if (!promised.includes(port)) return port
  }
}

function probe(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(bound))
    })
  })
}
