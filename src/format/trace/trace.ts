/**
 * Trace fields: what each host that takes a message writes on top of it, and what a loop check reads.
 *
 * Standards: RFC 5321 §4.4 (Received, Return-Path), §6.3 (loops), RFC 3848, RFC 6531 §4.3 (protocol names),
 * RFC 8314 §4.3 (tls clause), RFC 9228 (Delivered-To).
 * Security: HELO names and addresses come from anyone: what could end the field or open a comment is left out.
 */
import { normaliseAddress } from '../address/parts.ts'
import { concat, encodeUtf8 } from '../bytes/bytes.ts'
import { formatDate, parseDate } from '../message/date.ts'
import type { Header } from '../message/header.ts'
import type { ReceivedFacts } from './received-facts.ts'

/** More than any name or address has; a field made of facts stays within its line. */
const FACT_LIMIT = 320

/** A fact that cannot break out of where it is put. */
function safe(fact: string): string {
  // control characters are the danger
  return fact.replace(/[\0-\x20\x7f()<>\\";,]/g, '').slice(0, FACT_LIMIT)
}

/** An address literal as RFC 5321 §4.1.3 writes it: IPv6 is tagged. */
function addressLiteral(address: string): string {
  return `[${address.includes(':') ? 'IPv6:' : ''}${safe(address)}]`
}

/** A whole Received field, folded, with its final CRLF. */
export function receivedField(facts: ReceivedFacts): string {
  const lines: string[] = []
  const from = fromClause(facts)
  if (from !== '') lines.push(from)
  let by = `by ${safe(facts.by)}`
  if (facts.protocol) by += ` with ${safe(facts.protocol)}`
  if (facts.id) by += ` id ${safe(facts.id)}`
  lines.push(by)
  const isIanaCipher = /^TLS_[A-Z0-9_]+$/.test(facts.tls?.cipher ?? '')
  if (facts.tls && !isIanaCipher) lines.push(tlsComment(facts.tls))
  if (facts.recipient) lines.push(`for <${safePath(facts.recipient)}>`)
  if (facts.priority) lines.push(`priority ${facts.priority}`)
  // The registered clause holds the name of the IANA registry and stands last (RFC 5321 §4.4).
  if (facts.tls?.cipher && isIanaCipher) lines.push(`tls ${facts.tls.cipher} (${safe(facts.tls.version)})`)
  return `Received: ${lines.join('\r\n\t')};\r\n\t${formatDate(facts.time, facts.zone ?? 0)}\r\n`
}

/** OpenSSL's names of ciphers are no values of the clause. */
function tlsComment({ version, cipher }: NonNullable<ReceivedFacts['tls']>): string {
  return `(using ${safe(version)}${cipher ? ` cipher ${safe(cipher)}` : ''})`
}

function fromClause(facts: ReceivedFacts): string {
  const tcpInfo: string[] = []
  if (facts.clientName) tcpInfo.push(safe(facts.clientName))
  if (facts.clientAddress) tcpInfo.push(addressLiteral(facts.clientAddress))
  // Without HELO the client's name or address stands in: the grammar wants a domain after "from".
  const name = safe(facts.helo ?? '') || tcpInfo[0]
  if (name === undefined) return ''
  return tcpInfo.length > 0 ? `from ${name} (${tcpInfo.join(' ')})` : `from ${name}`
}

/** A path's content, quoted local part and all, without what would end the field or the bracket. */
function safePath(address: string): string {
  // control characters are the danger
  return address.replace(/[\0-\x1f\x7f<>]/g, '').slice(0, FACT_LIMIT)
}

/** Return-Path with its CRLF; '' gives the null path `<>`. Put on at final delivery, once (RFC 5321 §4.4). */
export function returnPathField(reversePath: string): string {
  return `Return-Path: <${safePath(reversePath)}>\r\n`
}

/** Delivered-To with its CRLF (RFC 9228). */
export function deliveredToField(address: string): string {
  return `Delivered-To: ${safePath(address)}\r\n`
}

/** The message with whole fields, each ended by CRLF, on top in the given order; non-ASCII as UTF-8. */
export function prependFields(raw: Uint8Array, fields: readonly string[]): Uint8Array {
  return concat([encodeUtf8(fields.join('')), raw])
}

/** How many hosts the message has passed: compare with a limit of at least 100 (RFC 5321 §6.3). */
export function countReceived(header: Header): number {
  return header.all('received').length
}

/** Its name where a message goes through a service that takes fields of its own choice and X-… only. */
export const deliveredToElsewhere = 'X-Facteur-Delivered-To'

/** The addresses of all Delivered-To fields, normalised: one of ours among them means a loop (RFC 9228). */
export function deliveredTo(header: Header): string[] {
  return [...header.all('delivered-to'), ...header.all(deliveredToElsewhere.toLowerCase())].map(normaliseAddress)
}

/** A Received field of ours. */
export interface OwnReceived {
  readonly id: string
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** What Received fields of ours say, as `receivedField` writes them, in the order given; once of each id. */
export function ownReceived(fields: readonly string[], by: string): OwnReceived[] {
  const name = by.toLowerCase()
  const found = new Map<string, OwnReceived>()
  for (const field of fields) {
    const text = field.slice(0, 2_000)
    const [, host, id] = /\bby (\S{1,255})(?: with \S{1,40})? id ([\w.-]{1,80})/.exec(text) ?? []
    if (host?.toLowerCase() !== name || id === undefined || found.has(id)) continue
    const time = parseDate(text.slice(text.lastIndexOf(';') + 1))?.time
    if (time !== undefined) found.set(id, { id, time })
  }
  return [...found.values()]
}
