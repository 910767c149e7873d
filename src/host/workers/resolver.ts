/**
 * The DNS as this Worker asks it: over HTTPS, of the resolver in the settings.
 */
import { type DnsCache, type DnsFetch, DohResolver, guardedFetch, ResolverHealth } from '../../protocol/dns/index.ts'
import type { Env } from './env.ts'
import { networkFault } from './network-fault.ts'
import { settingsOf } from './settings.ts'
import { within } from './within.ts'

const DNS_TIMEOUT_MS = 10_000
/**
 * Of questions about strangers: on Cloudflare a request has six connections, and zones that do not answer must not hold them
 * all.
 */
const QUESTION_MS = 3_000
const TRIAL_MS = 1_000
const health = new ResolverHealth()

/** Questions that are given up after so long. */
export function fetchWithin(milliseconds: number): DnsFetch {
  return (url, { method, headers, body }) =>
    within(milliseconds, async (signal) => {
      const question = { method, headers, redirect: 'manual', signal, ...(body === undefined ? {} : { body }) } as const
      const response = await fetch(url, question).catch((error: unknown) => Promise.reject(networkFault(error)))
      const answer = await response.arrayBuffer()
      return { status: response.status, headers: response.headers, arrayBuffer: async () => answer }
    })
}

export function resolver(env: Env): DohResolver {
  return new DohResolver({ url: settingsOf(env).doh, fetch: fetchWithin(DNS_TIMEOUT_MS), clock: Date.now })
}

/** For questions about strangers: with a memory in plain values that requests share, and no patience with a dead resolver. */
export function rememberingResolver(env: Env, answers: DnsCache): DohResolver {
  const url = settingsOf(env).doh
  const clock = Date.now
  const fetch = guardedFetch({ url, fetch: fetchWithin(QUESTION_MS), trial: fetchWithin(TRIAL_MS), clock }, health)
  return new DohResolver({ url, fetch, clock, cache: answers })
}
