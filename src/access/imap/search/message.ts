/**
 * A message while it is being searched: what keys ask for is read and decoded when the first of them asks.
 *
 * Standards: RFC 9051 §6.4.4 (headers are searched decoded, bodies with transfer encoding and charset undone).
 */
import {
  allParts,
  decodeHeaderText,
  decodeParts,
  decodeText,
  htmlToText,
  parseDate,
  parseHeader,
  type Header,
} from '../../../format/index.ts'
import type { EmailId, EnvelopeRow, MailboxView, MailStore } from '../../../mailbox/index.ts'

/** The form in which texts are compared: case and compatibility variants aside (RFC 5051's intent). */
export function fold(text: string): string {
  return /[\u0080-\uffff]/.test(text) ? text.normalize('NFKC').toLowerCase() : text.toLowerCase()
}

export class SearchMessage {
  readonly sequence: number
  readonly uid: number
  readonly view: MailboxView
  readonly row: number
  readonly #store: MailStore
  readonly #columns: EnvelopeRow | undefined
  #header: Header | undefined
  #headText: string | undefined
  #bodyText: string | undefined

  constructor(
    store: MailStore,
    place: { sequence: number; uid: number; view: MailboxView; row: number },
    columns?: EnvelopeRow,
  ) {
    this.#store = store
    this.#columns = columns
    this.sequence = place.sequence
    this.uid = place.uid
    this.view = place.view
    this.row = place.row
  }

  /** Decoded and folded. */
  get subject(): string {
    return fold(this.#columns?.subject ?? '')
  }

  /** Does a field of that name contain the folded text? An empty text asks whether there is such a field. */
  headerContains(name: string, wanted: string): boolean {
    return this.#fields.all(name).some((value) => wanted === '' || fold(decodeHeaderText(value)).includes(wanted))
  }

  /** Does any field, its name included? */
  headContains(wanted: string): boolean {
    this.#headText ??= this.#fields.fields
      .map(({ name, value }) => fold(`${name}: ${decodeHeaderText(value)}`))
      .join('\n')
    return this.#headText.includes(wanted)
  }

  /** Does any text part, or the header of an enclosed message? */
  bodyContains(wanted: string): boolean {
    this.#bodyText ??= this.#readBody()
    return this.#bodyText.includes(wanted)
  }

  /** The Date field as its sender's clock and calendar had it, as if in UTC; undefined without one. */
  get sentLocally(): number | undefined {
    const value = this.#fields.first('Date')
    const date = value === undefined ? undefined : parseDate(value)
    return date === undefined ? undefined : date.time + date.zone * 60_000
  }

  get #fields(): Header {
    if (this.#header === undefined) {
      const raw = this.#store.slice(this.#email, 0, this.#columns?.headerSize ?? 0)
      this.#header = parseHeader(raw ?? new Uint8Array(0)).header
    }
    return this.#header
  }

  get #email(): EmailId {
    return this.view.emails[this.row] as EmailId
  }

  #readBody(): string {
    const raw = this.#store.raw(this.#email)
    if (raw === undefined) return ''
    const texts: string[] = []
    for (const part of allParts(decodeParts(this.#columns?.parts ?? ''))) {
      if (part.message !== undefined) {
        const enclosed = parseHeader(raw.subarray(part.message.headerStart, part.message.bodyStart)).header
        for (const { name, value } of enclosed.fields) texts.push(`${name}: ${decodeHeaderText(value)}`)
      }
      if (part.type !== 'text' || part.children.length > 0) continue
      const { text } = decodeText(raw, part)
      texts.push(text)
      // What a reader sees of HTML may be cut by tags in the source: both are searched.
      if (part.subtype === 'html') texts.push(htmlToText(text))
    }
    return fold(texts.join('\n'))
  }
}
