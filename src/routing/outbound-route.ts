/**
 * Which way mail to other domains goes, as the operator says it: for a recipient's domain, and perhaps for a sender's only.
 *
 * The most exact route wins, whatever their order: a domain, what is below the longer suffix, `*`. Between two of the same
 * recipients the one with the more exact sender wins.
 */
import { canonicalDomain } from './address.ts'

export interface OutboundRoute {
  /** `example.net`, `*.example.net` (every domain below it), or `*`. */
  readonly recipient: string
  /** The same of the envelope sender's domain, or `<>` for reports. Unset: whoever sends. */
  readonly sender?: string
  /** Names of delivery agents, in the order in which they are tried. Never empty. */
  readonly agents: readonly string[]
}

/** The canonical form of a pattern; undefined when it is none. */
export function domainPattern(text: string): string | undefined {
  const trimmed = text.trim().replace(/\.$/, '')
  if (trimmed === '*') return '*'
  const isSuffix = trimmed.startsWith('*.')
  const domain = canonicalDomain(isSuffix ? trimmed.slice(2) : trimmed)
  if (domain === undefined || (isSuffix && domain.startsWith('['))) return undefined
  return isSuffix ? `*.${domain}` : domain
}

/** The route for mail to `recipient`, a canonical domain, from the domain `sender`; `sender` is '' of reports. */
export function outboundRoute(
  routes: readonly OutboundRoute[],
  recipient: string,
  sender: string,
): OutboundRoute | undefined {
  let best: OutboundRoute | undefined
  let exactness: readonly [number, number] = [-1, -1]
  for (const route of routes) {
    const to = exactnessOf(route.recipient, recipient)
    const from = route.sender === undefined ? 0 : 1 + exactnessOf(route.sender, sender === '' ? '<>' : sender)
    if (to < 0 || (route.sender !== undefined && from === 0)) continue
    if (to > exactness[0] || (to === exactness[0] && from > exactness[1])) {
      best = route
      exactness = [to, from]
    }
  }
  return best
}

/** -1 when it does not fit; else the more, the more exact. */
function exactnessOf(pattern: string, domain: string): number {
  if (pattern === domain) return Number.MAX_SAFE_INTEGER
  if (pattern === '*') return domain === '<>' ? -1 : 0
  return pattern.startsWith('*.') && domain.endsWith(pattern.slice(1)) ? pattern.length : -1
}
