/**
 * SPF as somebody before us found it: where a message comes in a way that does not tell the client's address, he who took
 * it from that client may have written down what he saw.
 *
 * Standards: RFC 8601 §4.1, §5 (whose fields to believe).
 * Security: only the uppermost field counts, and only in a name that the operator trusts. That is safe where the one who
 * owns the name always writes a field, or takes away those that others wrote in it.
 */
import { type Header, parseAuthenticationResults } from '../format/index.ts'
import { asciiDomain } from '../protocol/dns/index.ts'
import type { SpfStatus } from '../protocol/spf/index.ts'
import type { Judgement } from './judgement.ts'

const statuses: readonly SpfStatus[] = ['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror']

/** `authservIds` in lower case. Undefined when none of them says anything of SPF. */
export function reportedSpf(header: Header, authservIds: readonly string[]): Judgement['spf'] {
  const uppermost = parseAuthenticationResults(header.first('authentication-results') ?? '')
  const reported = uppermost?.authservId.toLowerCase()
  if (uppermost === undefined || reported === undefined || !authservIds.includes(reported)) return undefined
  const found = uppermost.results.find(({ method }) => method === 'spf')
  const status = statuses.find((one) => one === found?.result)
  if (found === undefined || status === undefined) return undefined
  for (const identity of ['mailfrom', 'helo'] as const) {
    const value = found.properties.find(({ type, name }) => type === 'smtp' && name === identity)?.value
    const domain = value === undefined ? undefined : asciiDomain(value.slice(value.lastIndexOf('@') + 1))
    if (domain !== undefined) return { status, domain, identity, reported, reason: `found by ${reported}` }
  }
  return undefined
}
