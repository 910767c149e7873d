/**
 * Serves the MTA-STS policy of hosted domains: other servers ask for it under a host name of its own.
 *
 * Standards: RFC 8461 §3.2, §3.3 (the host is `mta-sts.` and the domain).
 */
import { canonicalName } from '../../protocol/dns/index.ts'
import type { House } from './house.ts'
import { notFound } from './problem.ts'

const prefix = 'mta-sts.'

/** 404 under any other name, and for domains that are not ours. */
export async function servedPolicy(house: House, request: Request): Promise<Response> {
  const { hostname } = new URL(request.url)
  const domain = hostname.startsWith(prefix) ? canonicalName(hostname.slice(prefix.length)) : undefined
  const policy = domain === undefined ? undefined : await house.stsPolicy?.(domain)
  if (policy === undefined) return notFound()
  return new Response(policy, {
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'max-age=300' },
  })
}
