/**
 * Takes a stored IMAP ENVELOPE value apart, so that lists of emails need not read message headers.
 *
 * Reads only what format's `renderEnvelope` wrote; anything else throws, since it means damaged storage.
 *
 * Standards: RFC 9051 §7.5.2 (envelope).
 */
import { type Address, type AddressGroup, decodeHeaderText, isAsciiText } from '../format/index.ts'

/** The fields of an ENVELOPE; null where the header has none. Texts are decoded (RFC 2047, raw UTF-8). */
export interface StoredEnvelope {
  /** As written in the header. */
  readonly date: string | null
  readonly subject: string | null
  readonly from: readonly (Address | AddressGroup)[]
  readonly sender: readonly (Address | AddressGroup)[]
  readonly replyTo: readonly (Address | AddressGroup)[]
  readonly to: readonly (Address | AddressGroup)[]
  readonly cc: readonly (Address | AddressGroup)[]
  readonly bcc: readonly (Address | AddressGroup)[]
  /** With angle brackets, as written. */
  readonly inReplyTo: string | null
  readonly messageId: string | null
}

/** A string, NIL, or a parenthesised list of the same. */
type Value = string | null | Value[]

export function readEnvelope(text: string): StoredEnvelope {
  const [value, end] = read(text, 0)
  if (!Array.isArray(value) || value.length !== 10 || end !== text.length) throw new Error('damaged ENVELOPE')
  const [date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId] = value
  return {
    date: string(date),
    subject: decoded(string(subject)),
    from: addresses(from),
    sender: addresses(sender),
    replyTo: addresses(replyTo),
    to: addresses(to),
    cc: addresses(cc),
    bcc: addresses(bcc),
    inReplyTo: string(inReplyTo),
    messageId: string(messageId),
  }
}

function addresses(value: Value | undefined): (Address | AddressGroup)[] {
  const list: (Address | AddressGroup)[] = []
  let group: { name: string; addresses: Address[] } | undefined
  for (const entry of Array.isArray(value) ? value : []) {
    if (!Array.isArray(entry)) throw new Error('damaged ENVELOPE address')
    const [name, , mailbox, host] = entry
    if (string(host) === null) {
      // A group starts with its name as the mailbox and ends with none (RFC 9051 §7.5.2).
      group = string(mailbox) === null ? undefined : { name: decoded(string(mailbox)) ?? '', addresses: [] }
      if (group !== undefined) list.push(group)
      continue
    }
    const display = decoded(string(name))
    const local = utf8(string(mailbox) ?? '')
    const domain = utf8(string(host) ?? '')
    const address: Address = { address: domain === '' ? local : `${local}@${domain}` }
    if (display !== null && display !== '') address.name = display
    if (group === undefined) list.push(address)
    else group.addresses.push(address)
  }
  return list
}

function string(value: Value | undefined): string | null {
  if (value === undefined || Array.isArray(value)) throw new Error('damaged ENVELOPE')
  return value
}

function decoded(text: string | null): string | null {
  return text === null ? null : decodeHeaderText(text)
}

/** Octets held as characters, read as UTF-8 when they are. */
function utf8(text: string): string {
  return isAsciiText(text) ? text : decodeHeaderText(text)
}

function read(text: string, start: number): [Value, number] {
  const first = text[start]
  if (first === '"') return readQuoted(text, start)
  if (first === '(') return readList(text, start)
  const literal = /~?\{([0-9]+)\+?\}\r\n/y
  literal.lastIndex = start
  const match = literal.exec(text)
  if (match !== null) {
    const end = literal.lastIndex + Number(match[1])
    return [text.slice(literal.lastIndex, end), end]
  }
  if (text.startsWith('NIL', start)) return [null, start + 3]
  throw new Error('damaged ENVELOPE')
}

function readQuoted(text: string, start: number): [string, number] {
  let value = ''
  let from = start + 1
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') return [value + text.slice(from, at), at + 1]
    if (text[at] !== '\\') continue
    value += text.slice(from, at)
    from = ++at
  }
  throw new Error('damaged ENVELOPE string')
}

function readList(text: string, start: number): [Value[], number] {
  const values: Value[] = []
  let at = start + 1
  while (text[at] !== ')') {
    if (text[at] === ' ') {
      at++
      continue
    }
    const [value, end] = read(text, at)
    values.push(value)
    at = end
  }
  return [values, at + 1]
}
