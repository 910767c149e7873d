/**
 * What a server offered in its EHLO answer.
 *
 * Standards: RFC 5321 §4.1.1.1, RFC 1870, RFC 4954, RFC 8689, RFC 9422. Security: the peer writes this.
 */
import type { Reply } from '../reply.ts'

export interface Capabilities {
  /** The name the peer gave itself. */
  name: string
  /** False after HELO: no extensions at all. */
  extended: boolean
  keywords: ReadonlyMap<string, string>
}

/**
 * Reads the EHLO answer: first line the name, then `KEYWORD parameters` (upper-cased keywords; the first of a kind counts).
 * REQUIRETLS counts only where TLS is active already (RFC 8689 §2).
 */
export function parseCapabilities(reply: Reply, extended: boolean, tlsActive = true): Capabilities {
  const lines = typeof reply.text === 'string' ? [reply.text] : reply.text
  const keywords = new Map<string, string>()
  if (extended)
    for (const line of lines.slice(1)) {
      // QUIRK: old servers write `AUTH=LOGIN PLAIN` beside or instead of `AUTH LOGIN PLAIN`.
      const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:[ =](.*))?$/.exec(line.trim())
      if (match === null) continue
      const keyword = (match[1] as string).toUpperCase()
      if (!keywords.has(keyword)) keywords.set(keyword, (match[2] ?? '').trim())
    }
  if (!tlsActive) keywords.delete('REQUIRETLS')
  return { name: (lines[0] ?? '').trim().split(/\s+/, 1)[0] ?? '', extended, keywords }
}

/** SIZE as announced: undefined when not offered or without a figure, else octets; 0 means no fixed limit (RFC 1870 §4). */
export function announcedSize(capabilities: Capabilities): number | undefined {
  const value = capabilities.keywords.get('SIZE')
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** A limit of RFC 9422 such as RCPTMAX, when the peer states one. */
export function announcedLimit(capabilities: Capabilities, name: 'MAILMAX' | 'RCPTMAX'): number | undefined {
  const limits = capabilities.keywords.get('LIMITS')
  const match = limits === undefined ? null : new RegExp(`(?:^| )${name}=([1-9][0-9]{0,5})(?: |$)`, 'i').exec(limits)
  return match === null ? undefined : Number(match[1])
}
