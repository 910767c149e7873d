/**
 * Who judges mail from outside, over this Worker's resolver.
 *
 * What the DNS said, and whether the resolver answers, is remembered by the isolate in plain values; questions under way
 * belong to one request, as all I/O does.
 */
import { MailVerifier, type Verifier } from '../../arrival/index.ts'
import { DnsCache } from '../../protocol/dns/index.ts'
import type { Env } from './env.ts'
import { rememberingResolver } from './resolver.ts'
import { settingsOf } from './settings.ts'
import { timer } from './timer.ts'

/** A busy server meets some thousand domains an hour; most of an answer is a key of 400 octets. */
const answers = new DnsCache({ entries: 10_000, octets: 8 * 1024 * 1024 })

/** For all questions of a message together. */
const MESSAGE_MS = 5_000

export function verifier(env: Env): Verifier {
  const { hostname, verification } = settingsOf(env)
  return new MailVerifier({
    authservId: hostname,
    ...verification,
    hostname,
    dns: rememberingResolver(env, answers),
    crypto: crypto.subtle,
    clock: Date.now,
    timer,
    limitMs: MESSAGE_MS,
  })
}
