/**
 * The DNS as this Worker asks it: over HTTPS, of the resolver in the settings.
 */
import { type DnsFetch, DohResolver } from '../../protocol/dns/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

const DNS_TIMEOUT_MS = 10_000

const dnsFetch: DnsFetch = (url, { method, headers, body }) =>
  fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.timeout(DNS_TIMEOUT_MS),
    ...(body === undefined ? {} : { body }),
  })

export function resolver(env: Env): DohResolver {
  return new DohResolver({ url: settingsOf(env).doh, fetch: dnsFetch, clock: Date.now })
}
