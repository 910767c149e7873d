/**
 * Everything in a message that a search may look at, decoded: the one source of the index, of JMAP's search and of
 * IMAP SEARCH, so that what one finds the others can.
 *
 * Standards: RFC 8621 §4.4.1 (decoded; no markup, but `alt` and `title`), RFC 9051 §6.4.4 (MIME and enclosed headers).
 * Limits: octets and characters of text, when the caller sets them.
 */
import {
  allParts,
  decodeBody,
  decodeHeaderText,
  decodeText,
  type Header,
  htmlToText,
  parseHeader,
  parseMessage,
  partName,
  readTnef,
  type StoredPart,
  unflowed,
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
  /** Text parts, HTML by its text, `format=flowed` as paragraphs. */
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
  const reader = new Reader(limits)
  reader.message(octets, root)
  return reader
}

/** Enclosed messages in base64 (against RFC 2046 §5.2.1, but sent) within one another; the part tree ends at the first. */
const maxEncodedDepth = 8

class Reader implements MessageText {
  readonly partFields: string[] = []
  readonly enclosed: Header[] = []
  readonly texts: string[] = []
  readonly attachmentNames: string[] = []
  complete = true
  #octetsLeft: number
  #charactersLeft: number

  constructor(limits: TextLimits) {
    this.#octetsLeft = limits.octets
    this.#charactersLeft = limits.characters
  }

  message(octets: ReadOctets, root: StoredPart, depth = 0): void {
    const tops = new Set<StoredPart>([root])
    const headerOf = (part: StoredPart): Header => parseHeader(octets(part.headerStart, part.bodyStart)).header
    const parts = allParts(root)
    for (const part of parts) {
      if (part.message !== undefined) {
        tops.add(part.message)
        this.enclosed.push(headerOf(part.message))
      }
      if (!tops.has(part)) this.partFields.push(...fieldLines(headerOf(part)))
      const name = partName(part)
      if (name !== undefined) this.attachmentNames.push(name)
      if (part.type === 'text' && part.children.length === 0) this.#text(octets, part)
    }
    // What a person reads first comes first, as there are limits.
    for (const part of parts) {
      if (isEncodedMessage(part)) this.#encodedMessage(octets, part, depth)
      else if (isTnef(part)) this.#tnef(octets, part)
    }
  }

  #text(octets: ReadOctets, part: StoredPart): void {
    const { body, bodyPart } = this.#body(octets, part)
    const { text } = decodeText(body, bodyPart)
    this.#add(part.subtype === 'html' ? textOfHtml(text) : unflowed(text, part))
  }

  #encodedMessage(octets: ReadOctets, part: StoredPart, depth: number): void {
    if (depth >= maxEncodedDepth) {
      this.complete = false
      return
    }
    const { body, bodyPart } = this.#body(octets, part)
    const raw = decodeBody(body, bodyPart)
    const root = parseMessage(raw)
    this.enclosed.push(root.header)
    this.message((start, end) => raw.subarray(start, end), root, depth + 1)
  }

  /** Outlook's container: its text and the names of what it holds. */
  #tnef(octets: ReadOctets, part: StoredPart): void {
    const { body, bodyPart } = this.#body(octets, part)
    const { texts, attachmentNames } = readTnef(decodeBody(body, bodyPart))
    this.attachmentNames.push(...attachmentNames)
    for (const text of texts) this.#add(text)
  }

  /** As much of a body as may still be read, and the part as it lies in these octets. */
  #body(octets: ReadOctets, part: StoredPart): { body: Uint8Array; bodyPart: StoredPart } {
    const bodyEnd = Math.min(part.bodyEnd, part.bodyStart + this.#octetsLeft)
    const body = octets(part.bodyStart, bodyEnd)
    this.#octetsLeft -= body.length
    if (bodyEnd < part.bodyEnd) this.complete = false
    return { body, bodyPart: { ...part, bodyStart: 0, bodyEnd: body.length } }
  }

  #add(text: string): void {
    const kept = text.length > this.#charactersLeft ? text.slice(0, this.#charactersLeft) : text
    this.#charactersLeft -= kept.length
    if (kept.length < text.length) this.complete = false
    this.texts.push(kept)
  }
}

/** A message that the part tree does not open, since it is in an encoding. */
function isEncodedMessage({ type, subtype, message }: StoredPart): boolean {
  return type === 'message' && (subtype === 'rfc822' || subtype === 'global') && message === undefined
}

function isTnef(part: StoredPart): boolean {
  if (part.type !== 'application') return false
  return part.subtype.endsWith('ms-tnef') || partName(part)?.toLowerCase() === 'winmail.dat'
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
  const described = [
    ...html.matchAll(/\s(?:alt|title)\s*=\s*(?:"([^"]{2,1000})"|'([^']{2,1000})'|([^\s"'>]{2,1000}))/gi),
  ]
  if (described.length === 0) return text
  return [text, ...described.map(([, double, single, bare]) => htmlToText(double ?? single ?? (bare as string)))].join(
    '\n',
  )
}
