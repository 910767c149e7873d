/**
 * A message while it is being searched: what keys ask for is read and decoded when the first of them asks.
 *
 * Standards: RFC 9051 §6.4.4 (headers are searched decoded, bodies with transfer encoding and charset undone).
 */
import {
  decodeHeaderText,
  decodeParts,
  parseDate,
  parseHeader,
  type Address,
  type Header,
} from '../../../format/index.ts'
import {
  comparable,
  fieldLines,
  readEnvelope,
  readMessageText,
  type EmailId,
  type EnvelopeRow,
  type MailboxView,
  type SessionMail,
  type MessageText,
  type StoredEnvelope,
} from '../../../mailbox/index.ts'

/** Octets up to which a message is read as a whole. */
export const wholeBelow = 64 * 1024

export class SearchMessage {
  readonly sequence: number
  readonly uid: number
  readonly view: MailboxView
  readonly row: number
  readonly #store: SessionMail
  readonly #columns: EnvelopeRow | undefined
  /** The whole message, where it has been read ahead. */
  readonly #whole: Uint8Array | undefined
  #taken: StoredEnvelope | undefined
  #header: Header | undefined
  #headTexts: readonly string[] | undefined
  #message: MessageText | undefined
  #bodyTexts: readonly string[] | undefined

  constructor(
    store: SessionMail,
    place: { sequence: number; uid: number; view: MailboxView; row: number },
    columns?: EnvelopeRow,
    whole?: Uint8Array,
  ) {
    this.#store = store
    this.#columns = columns
    this.#whole = whole
    this.sequence = place.sequence
    this.uid = place.uid
    this.view = place.view
    this.row = place.row
  }

  /** When it came into the mailbox. */
  get savedAt(): number {
    return this.#columns?.savedAt ?? 0
  }

  /** Decoded and folded. */
  get subject(): string {
    return comparable(this.#columns?.subject ?? '')
  }

  /** Does a field of that name contain the folded text? An empty text asks whether there is such a field. */
  headerContains(name: string, wanted: string): boolean {
    return this.#fields.all(name).some((value) => wanted === '' || comparable(decodeHeaderText(value)).includes(wanted))
  }

  /** Does a name or an address in that field of the ENVELOPE contain the folded text? */
  addressContains(field: string, wanted: string): boolean {
    const list = this.#envelope?.[field.toLowerCase() as 'from' | 'to' | 'cc' | 'bcc'] ?? []
    const shows = ({ name, address }: Address): boolean =>
      comparable(address).includes(wanted) || (name !== undefined && comparable(name).includes(wanted))
    return list.some((entry) =>
      'addresses' in entry ? comparable(entry.name).includes(wanted) || entry.addresses.some(shows) : shows(entry),
    )
  }

  /** Does any field, its name included? */
  headContains(wanted: string): boolean {
    this.#headTexts ??= fieldLines(this.#fields).map(comparable)
    return this.#headTexts.some((text) => text.includes(wanted))
  }

  /** Does any text part (HTML by its text), or the header of an enclosed message? */
  bodyContains(wanted: string): boolean {
    const { texts, enclosed } = this.#text
    this.#bodyTexts ??= [...texts, ...enclosed.flatMap(fieldLines)].map(comparable)
    return this.#bodyTexts.some((text) => text.includes(wanted))
  }

  /** The Date field as its sender's clock and calendar had it, as if in UTC; undefined without one. */
  get sentLocally(): number | undefined {
    const value = this.#envelope?.date ?? undefined
    const date = value === undefined ? undefined : parseDate(value)
    return date === undefined ? undefined : date.time + date.zone * 60_000
  }

  get #envelope(): StoredEnvelope | undefined {
    const text = this.#columns?.envelope
    return text === undefined ? undefined : (this.#taken ??= readEnvelope(text))
  }

  get #fields(): Header {
    if (this.#header === undefined) {
      const end = this.#columns?.headerSize ?? 0
      const raw = this.#whole?.subarray(0, end) ?? this.#store.slice(this.#email, 0, end)
      this.#header = parseHeader(raw ?? new Uint8Array(0)).header
    }
    return this.#header
  }

  get #email(): EmailId {
    return this.view.emails[this.row] as EmailId
  }

  /** A small message is read once and whole; of a large one only the texts, since attachments are most of it. */
  #octets(): (start: number, end: number) => Uint8Array {
    const none = new Uint8Array(0)
    if ((this.view.sizes[this.row] as number) > wholeBelow) {
      return (start, end) => this.#store.slice(this.#email, start, end) ?? none
    }
    const raw = this.#whole ?? this.#store.raw(this.#email) ?? none
    return (start, end) => raw.subarray(start, end)
  }

  /** Headers of MIME parts: of the message's header, to TEXT (RFC 9051 §6.4.4). */
  partFieldsContain(wanted: string): boolean {
    return this.#text.partFields.some((field) => comparable(field).includes(wanted))
  }

  get #text(): MessageText {
    return (this.#message ??= readMessageText(this.#octets(), decodeParts(this.#columns?.parts ?? '')))
  }
}
