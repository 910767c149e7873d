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

/** Below those that systems give to connections going out, which could take a port before anybody listens on it. */
const firstPort = 20_000
const lastPort = 32_000
/** After so many that were taken something else is wrong. */
const tries = 100

/** A port that was free a moment ago, and is none of those `promised` to someone who does not listen yet. */
export async function freePort(host: string, ...promised: readonly number[]): Promise<number> {
  for (let left = tries; ; left--) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort))
    if (promised.includes(port)) continue
    try {
      return await probe(host, port)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || left === 0) throw error
    }
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
