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

/** Takes the value apart at once, and decodes a field when it is asked for: callers mostly want one or two. */
export function readEnvelope(text: string): StoredEnvelope {
  const reader = new Reader(text)
  const value = reader.value()
  if (!Array.isArray(value) || value.length !== 10 || !reader.atEnd) throw new Error(damaged)
  return new Envelope(value)
}

/** Values in the order of RFC 9051 §7.5.2. */
class Envelope implements StoredEnvelope {
  readonly #values: readonly Value[]

  constructor(values: readonly Value[]) {
    this.#values = values
  }

  get date() {
    return string(this.#values[0])
  }
  get subject() {
    return decoded(string(this.#values[1]))
  }
  get from() {
    return addresses(this.#values[2])
  }
  get sender() {
    return addresses(this.#values[3])
  }
  get replyTo() {
    return addresses(this.#values[4])
  }
  get to() {
    return addresses(this.#values[5])
  }
  get cc() {
    return addresses(this.#values[6])
  }
  get bcc() {
    return addresses(this.#values[7])
  }
  get inReplyTo() {
    return string(this.#values[8])
  }
  get messageId() {
    return string(this.#values[9])
  }
}

function addresses(value: Value | undefined): (Address | AddressGroup)[] {
  const list: (Address | AddressGroup)[] = []
  let group: { name: string; addresses: Address[] } | undefined
  for (const entry of Array.isArray(value) ? value : []) {
    if (!Array.isArray(entry)) throw new Error(damaged)
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
  if (value === undefined || Array.isArray(value)) throw new Error(damaged)
  return value
}

function decoded(text: string | null): string | null {
  return text === null || (plain.test(text) && !text.includes('=?')) ? text : decodeHeaderText(text)
}

/** ASCII words with one space between them: decoding changes nothing. */
const plain = /^[!-~]+(?: [!-~]+)*$/

/** Octets held as characters, read as UTF-8 when they are. */
function utf8(text: string): string {
  return isAsciiText(text) ? text : decodeHeaderText(text)
}

const damaged = 'damaged ENVELOPE'
const literal = /~?\{([0-9]+)\+?\}\r\n/y

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length
  }

  value(): Value {
    const text = this.#text
    const first = text[this.#at]
    if (first === '"') return this.#quoted()
    if (first === '(') return this.#list()
    if (first === 'N' && text.startsWith('NIL', this.#at)) {
      this.#at += 3
      return null
    }
    literal.lastIndex = this.#at
    const match = literal.exec(text)
    if (match === null) throw new Error(damaged)
    const start = literal.lastIndex
    this.#at = start + Number(match[1])
    return text.slice(start, this.#at)
  }

  #quoted(): string {
    const text = this.#text
    let value = ''
    let from = this.#at + 1
    for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', from)) {
      const escape = text.indexOf('\\', from)
      if (escape < 0 || escape > end) {
        this.#at = end + 1
        return value + text.slice(from, end)
      }
      value += text.slice(from, escape) + (text[escape + 1] ?? '')
      from = escape + 2
    }
    throw new Error(damaged)
  }

  #list(): Value[] {
    const values: Value[] = []
    this.#at++
    for (;;) {
      const next = this.#text[this.#at]
      if (next === ' ') this.#at++
      else if (next === ')') {
        this.#at++
        return values
      } else values.push(this.value())
    }
  }
}
