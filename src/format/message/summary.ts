/** What a mailbox keeps about a message beside its octets, computed once at delivery. */
import type { Address } from '../address/address.ts'

export interface MessageSummary {
  /** Without angle brackets. */
  messageId?: string
  inReplyTo: string[]
  references: string[]
  /** Decoded and unfolded; '' when there is none. */
  subject: string
  /** RFC 5256 §2.1: without `Re:`, `Fwd:`, list tags; upper case as far as ASCII goes is the comparer's business. */
  baseSubject: string
  from: Address[]
  /** The Date field, ms since the epoch. */
  sentAt?: number
  /** Its zone in minutes east of UTC. */
  sentZone?: number
  /** IMAP ENVELOPE value with its parentheses, latin1-of-bytes; 8-bit content as literals (RFC 9051 §7.5.2). */
  envelope: string
  /** IMAP BODYSTRUCTURE value with extension data, latin1-of-bytes; see `withoutExtensionData` for BODY. */
  bodyStructure: string
  /** The part tree as compact JSON: see `decodeParts`. */
  parts: string
  /** Plain text, at most 256 characters (RFC 8621 §4.1.4). */
  preview: string
  hasAttachment: boolean
  /** Octets up to and including the empty line. */
  headerSize: number
  /** Octets with CRLF for each lone LF, and at the end: see `crlfSize`. */
  crlfSize: number
  /** Of a message that has other than ASCII in a header: see `surrogateSize`. */
  surrogateSize?: number
}
