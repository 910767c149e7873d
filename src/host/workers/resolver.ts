/**
 * The DNS as this Worker asks it: over HTTPS, of the resolver in the settings.
 */
import { type DnsFetch, DohResolver } from '../../protocol/dns/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

const DNS_TIMEOUT_MS = 10_000

/** Questions that are given up after so long. */
export function fetchWithin(milliseconds: number): DnsFetch {
  return (url, { method, headers, body }) =>
    fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(milliseconds),
      ...(body === undefined ? {} : { body }),
    })
}

export function resolver(env: Env): DohResolver {
  return new DohResolver({ url: settingsOf(env).doh, fetch: fetchWithin(DNS_TIMEOUT_MS), clock: Date.now })
}
