/**
 * Everything in a message that a search may look at, decoded: the one source of the index, of JMAP's search and of
 * IMAP SEARCH, so that what one finds the others can.
 *
 * Standards: RFC 8621 §4.4.1 (decoded; no markup, but `alt` and `title`), RFC 9051 §6.4.4 (MIME and enclosed headers).
 * Limits: octets and characters of text, when the caller sets them.
 */
import {
  allParts,
  decodeHeaderText,
  decodeText,
  type Header,
  htmlToText,
  parseHeader,
  type StoredPart,
} from '../../format/index.ts'

import type { TextSource } from '../query/text-search.ts'
import type { Email } from '../types.ts'

/** Octets `start` to before `end` of the message. */
export type ReadOctets = (start: number, end: number) => Uint8Array

/** Octets up to which a message is read as a whole. */
const wholeBelow = 64 * 1024

/** A small message is read once and whole; of a large one only what is asked for, since attachments are most of it. */
export function octetsOf(email: Email, source: TextSource): ReadOctets {
  if (email.size > wholeBelow) return (start, end) => source.octets(email, start, end)
  let raw: Uint8Array | undefined
  return (start, end) => (raw ??= source.octets(email, 0, email.size)).subarray(start, end)
}

export interface MessageText {
  /** Header fields of MIME parts other than the message itself, as `Name: value`. */
  readonly partFields: readonly string[]
  /** Headers of enclosed messages. */
  readonly enclosed: readonly Header[]
  /** Text parts, HTML by its text. */
  readonly texts: readonly string[]
  readonly attachmentNames: readonly string[]
  /** False when a limit cut something off. */
  readonly complete: boolean
}

export interface TextLimits {
  /** Octets of parts that are decoded. */
  readonly octets: number
  /** Characters of text. */
  readonly characters: number
}

const unlimited: TextLimits = { octets: Infinity, characters: Infinity }

/** `root`: the message's part tree. Reads headers of parts, and of bodies only the text. */
export function readMessageText(octets: ReadOctets, root: StoredPart, limits = unlimited): MessageText {
  const reader = new Reader(octets, limits)
  reader.message(root)
  return reader
}

class Reader implements MessageText {
  readonly partFields: string[] = []
  readonly enclosed: Header[] = []
  readonly texts: string[] = []
  readonly attachmentNames: string[] = []
  complete = true
  readonly #octets: ReadOctets
  #octetsLeft: number
  #charactersLeft: number

  constructor(octets: ReadOctets, limits: TextLimits) {
    this.#octets = octets
    this.#octetsLeft = limits.octets
    this.#charactersLeft = limits.characters
  }

  message(root: StoredPart): void {
    const tops = new Set<StoredPart>([root])
    for (const part of allParts(root)) {
      if (part.message !== undefined) {
        tops.add(part.message)
        this.enclosed.push(this.#header(part.message))
      }
      if (!tops.has(part)) this.partFields.push(...fieldLines(this.#header(part)))
      const name = part.disposition?.parameters.filename ?? part.parameters.name
      if (name !== undefined) this.attachmentNames.push(name)
      if (part.type === 'text' && part.children.length === 0) this.#text(part)
    }
  }

  #text(part: StoredPart): void {
    const bodyEnd = Math.min(part.bodyEnd, part.bodyStart + this.#octetsLeft)
    const body = this.#octets(part.bodyStart, bodyEnd)
    this.#octetsLeft -= body.length
    const { text } = decodeText(body, { ...part, bodyStart: 0, bodyEnd: body.length })
    const shown = part.subtype === 'html' ? textOfHtml(text) : text
    const kept = shown.length > this.#charactersLeft ? shown.slice(0, this.#charactersLeft) : shown
    this.#charactersLeft -= kept.length
    if (bodyEnd < part.bodyEnd || kept.length < shown.length) this.complete = false
    this.texts.push(kept)
  }

  #header(part: StoredPart): Header {
    return parseHeader(this.#octets(part.headerStart, part.bodyStart)).header
  }
}

/** `Name: value`, decoded, one for each field. */
export function fieldLines(header: Header): string[] {
  return header.fields.map(({ name, value }) => `${name}: ${decodeHeaderText(value)}`)
}

/** Decoded values of the fields of that name. */
export function fieldValues(header: Header, name: string): string[] {
  return header.all(name).map(decodeHeaderText)
}

/** What a reader sees, pictures described. */
function textOfHtml(html: string): string {
  const text = htmlToText(html)
  const described = [...html.matchAll(/\s(?:alt|title)\s*=\s*(?:"([^"]{2,1000})"|'([^']{2,1000})')/gi)]
  if (described.length === 0) return text
  return [text, ...described.map(([, double, single]) => htmlToText(double ?? (single as string)))].join('\n')
}
