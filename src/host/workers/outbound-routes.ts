/**
 * The operator's routes to other domains, of which an isolate remembers all for a while: they are few and change seldom,
 * and queues ask with each job.
 *
 * A change takes effect everywhere within the lifetime below, at once in the isolate that made it. While the registry does
 * not answer what was known last holds: mail goes the way it went a minute ago.
 */
import type { OutboundRoute } from '../../routing/index.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'

const LIFETIME_MS = 30_000

interface Remembered {
  readonly routes: readonly OutboundRoute[]
  readonly expires: number
}

/** Plain values only: an isolate serves many requests, and I/O may not cross from one to another. */
let remembered: Remembered | undefined

export async function outboundRoutes(env: Env): Promise<readonly OutboundRoute[]> {
  if (remembered !== undefined && remembered.expires > Date.now()) return remembered.routes
  try {
    const routes = await env.REGISTRY.getByName('registry').routes()
    remembered = { routes, expires: Date.now() + LIFETIME_MS }
    return routes
  } catch (cause) {
    log('error', 'the registry does not tell the routes', { error: describe(cause) })
    if (remembered === undefined) throw cause
    return remembered.routes
  }
}

/** Called after a change of routes here. */
export function forgetRoutes(): void {
  remembered = undefined
}
