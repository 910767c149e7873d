/**
 * What is in a `winmail.dat`: the text, and the names of the attachments, for a search to find.
 *
 * Standards: [MS-OXTNEF] (Transport Neutral Encapsulation Format), media type application/ms-tnef.
 * Limits: names, messages within one another. Rich text is not looked at: senders send the text along in plain.
 * Security: fed by anyone; never throws, linear in the octets; nothing is copied but what is found.
 */
import { decodeCharset } from '../text/charset.ts'
import { htmlToText } from '../text/html.ts'
import { ByteReader } from './byte-reader.ts'
import { type MapiProperty, mapiProperties } from './mapi-properties.ts'

export interface TnefContents {
  /** Subject and body of the message and of messages attached to it. */
  readonly texts: readonly string[]
  readonly attachmentNames: readonly string[]
}

const signature = 0x223e9f78
const maxNames = 1000
const maxDepth = 4
/** An object's class identifier comes before its octets (§2.1.3.4). */
const classIdLength = 16

/** Attributes, by the lower half of their identifiers (§2.1.3.1): the upper half repeats the type. */
const attribute = {
  subject: 0x8004,
  body: 0x800c,
  attachmentTitle: 0x8010,
  messageProperties: 0x9003,
  attachmentProperties: 0x9005,
  codePage: 0x9007,
}

/** Properties of MAPI ([MS-OXPROPS]). */
const property = {
  subject: 0x0037,
  body: 0x1000,
  html: 0x1013,
  displayName: 0x3001,
  attachedObject: 0x3701,
  fileName: 0x3704,
  longFileName: 0x3707,
}

/** Octets that are no TNEF hold nothing; of truncated ones what came whole counts. */
export function readTnef(bytes: Uint8Array): TnefContents {
  const reader = new TnefReader()
  reader.read(bytes, 0)
  return { texts: [...reader.texts], attachmentNames: [...reader.names].slice(0, maxNames) }
}

class TnefReader {
  readonly texts = new Set<string>()
  readonly names = new Set<string>()
  #codePage = 'windows-1252'

  read(bytes: Uint8Array, depth: number): void {
    const reader = new ByteReader(bytes)
    if (depth > maxDepth || reader.u32() !== signature) return
    reader.u16() // the key, which nothing refers to
    while (reader.u8() !== undefined) {
      const id = reader.u32()
      const length = reader.u32()
      const value = length === undefined ? undefined : reader.octets(length)
      if (id === undefined || value === undefined) return
      reader.u16() // a checksum; damaged text is better than none
      this.#attribute(id & 0xffff, value, depth)
    }
  }

  #attribute(id: number, value: Uint8Array, depth: number): void {
    if (id === attribute.codePage) {
      const number = new ByteReader(value).u32()
      if (number !== undefined) this.#codePage = `cp${number}`
    } else if (id === attribute.subject || id === attribute.body) this.#addText(this.#string(value))
    else if (id === attribute.attachmentTitle) this.#addName(this.#string(value))
    else if (id === attribute.messageProperties) for (const one of mapiProperties(value)) this.#ofMessage(one)
    else if (id === attribute.attachmentProperties) {
      for (const one of mapiProperties(value)) this.#ofAttachment(one, depth)
    }
  }

  #ofMessage(one: MapiProperty): void {
    if (one.id === property.html) this.#addText(htmlToText(this.#text(one)))
    else if (one.id === property.subject || one.id === property.body) this.#addText(this.#text(one))
  }

  #ofAttachment(one: MapiProperty, depth: number): void {
    const { id, value } = one
    if (id === property.longFileName || id === property.fileName || id === property.displayName) {
      this.#addName(this.#text(one))
    } else if (id === property.attachedObject) this.read(value.subarray(classIdLength), depth + 1)
  }

  #text({ type, value }: MapiProperty): string {
    return type === 'unicode' ? withoutEnd(decodeCharset(value, 'utf-16le').text) : this.#string(value)
  }

  #string(value: Uint8Array): string {
    return withoutEnd(decodeCharset(value, this.#codePage).text)
  }

  #addText(text: string): void {
    if (text.trim() !== '') this.texts.add(text)
  }

  #addName(name: string): void {
    if (name.trim() !== '' && this.names.size < maxNames) this.names.add(name)
  }
}

/** Strings end with NUL. */
function withoutEnd(text: string): string {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}
