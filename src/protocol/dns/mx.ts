/**
 * Which hosts take mail for a domain, in the order to try them.
 *
 * Standards: RFC 5321 §5.1 (MX lookup, implicit MX, order), RFC 7505 (null MX).
 * Limits: the ten most preferred hosts; a zone that lists hundreds must not make us dial hundreds.
 */
import { canonicalName } from './name.ts'
import type { DnsResolver, MxRecord } from './record.ts'

export interface MailHost {
  host: string
  preference: number
}

export type MailHosts =
  /** Never empty. `implicit`: there is no MX and the domain itself is the host. `authentic`: by DNSSEC. */
  | { kind: 'hosts'; hosts: MailHost[]; implicit: boolean; authentic: boolean }
  /** The domain says that it takes no mail (RFC 7505). */
  | { kind: 'null-mx' }
  /** There is no such domain. */
  | { kind: 'nonexistent' }
  /** MX records exist and none names a usable host. */
  | { kind: 'unusable'; reason: string }
  /** The DNS gave no answer: try later. */
  | { kind: 'failed'; reason: string }

const maxHosts = 10

/**
 * Looks up the mail exchangers of `domain`. Equal preferences come in random order (`random`: 0 ≤ n < 1), so that load
 * spreads as RFC 5321 §5.1 requires.
 */
export async function resolveMx(domain: string, resolver: DnsResolver, random: () => number): Promise<MailHosts> {
  const answer = await resolver.resolve(domain, 'MX')
  switch (answer.status) {
    case 'failed':
      return { kind: 'failed', reason: answer.reason }
    case 'nxdomain':
      return { kind: 'nonexistent' }
    case 'nodata':
      return { kind: 'hosts', hosts: [{ host: domain, preference: 0 }], implicit: true, authentic: answer.authentic }
    case 'found':
      return order(answer.records, random, answer.authentic)
  }
}

function order(records: readonly MxRecord[], random: () => number, authentic: boolean): MailHosts {
  // RFC 7505 §3: one record whose exchange is the root. Beside others the root is merely useless.
  if (records.length === 1 && records[0]?.exchange === '') return { kind: 'null-mx' }
  const best = new Map<string, number>()
  for (const { exchange, preference } of records) {
    if (canonicalName(exchange) === undefined || isAddress(exchange)) continue
    best.set(exchange, Math.min(preference, best.get(exchange) ?? Infinity))
  }
  if (best.size === 0) return { kind: 'unusable', reason: 'its MX records name no host' }
  const hosts = shuffled([...best], random)
    .map(([host, preference]) => ({ host, preference }))
    .sort((a, b) => a.preference - b.preference)
  return { kind: 'hosts', hosts: hosts.slice(0, maxHosts), implicit: false, authentic }
}

/** An MX must name a host (RFC 5321 §5.1, RFC 2181 §10.3): "10 192.0.2.1" is a frequent mistake and leads nowhere. */
function isAddress(exchange: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(exchange) || exchange.includes(':')
}

/** Fisher–Yates; the sort that follows is stable, so equal preferences keep this order. */
function shuffled<T>(items: T[], random: () => number): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const moved = items[last] as T
    items[last] = items[other] as T
    items[other] = moved
  }
  return items
}
