/**
 * `/metrics`: what was counted, for Prometheus.
 *
 * Security: how much mail there is, and for where, is nobody else's business: the administration token, or one that may do
 * nothing but this.
 */
import type { Handler } from 'hono'
import { prometheusType } from '../../trace/index.ts'
import { bearerMatches } from './authorization.ts'
import type { House } from './house.ts'
import { problem } from './problem.ts'

export function metricsRoute(house: House): Handler {
  return async ({ req }) => {
    const tokens = [house.metricsToken, house.adminToken].filter((token) => token !== undefined)
    if (tokens.length === 0) return problem(403, 'Forbidden', 'no token for metrics is set')
    const given = req.header('Authorization') ?? null
    for (const token of tokens) {
      if (!(await bearerMatches(given, token))) continue
      const text = await house.administration.traces.metrics()
      return new Response(text, { headers: { 'Content-Type': prometheusType, 'Cache-Control': 'no-store' } })
    }
    return problem(401, 'Unauthorized', undefined, { 'WWW-Authenticate': 'Bearer realm="metrics"' })
  }
}
