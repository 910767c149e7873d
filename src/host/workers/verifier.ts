/**
 * Who judges mail from outside, over this Worker's resolver.
 *
 * What the DNS said, and whether the resolver answers, is remembered by the isolate in plain values; questions under way
 * belong to one request, as all I/O does.
 */
import { MailVerifier, type Timer, type Verifier } from '../../arrival/index.ts'
import { DnsCache, DohResolver, guardedFetch, ResolverHealth } from '../../protocol/dns/index.ts'
import type { Env } from './env.ts'
import { fetchWithin } from './resolver.ts'
import { settingsOf } from './settings.ts'

/** A busy server meets some thousand domains an hour; most of an answer is a key of 400 octets. */
const answers = new DnsCache({ entries: 10_000, octets: 8 * 1024 * 1024 })
const health = new ResolverHealth()

/** For all questions of a message together. */
const MESSAGE_MS = 5_000
/** Less than that: on Cloudflare a request has six connections, and zones that do not answer must not hold them all. */
const QUESTION_MS = 3_000
const TRIAL_MS = 1_000

export function verifier(env: Env): Verifier {
  const { doh: url, hostname, verification } = settingsOf(env)
  const clock = Date.now
  const fetch = guardedFetch({ url, fetch: fetchWithin(QUESTION_MS), trial: fetchWithin(TRIAL_MS), clock }, health)
  return new MailVerifier({
    authservId: hostname,
    ...verification,
    hostname,
    dns: new DohResolver({ url, fetch, clock, cache: answers }),
    crypto: crypto.subtle,
    clock,
    timer,
    limitMs: MESSAGE_MS,
  })
}

function timer(milliseconds: number): Timer {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const handle = setTimeout(resolve, milliseconds)
  return { over, cancel: () => clearTimeout(handle) }
}
