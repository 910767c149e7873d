/**
 * The MIME parser: from a raw message to its part tree, in one pass and without copying bodies.
 *
 * Standards: RFC 5322 §2.1, RFC 2045, RFC 2046 §5, RFC 6532 §3.7 (message/global).
 * Limits: `ParseLimits`; beyond them a multipart or nested message is a leaf.
 * Security: fed by anyone; never throws, time linear in the octets, stack bounded by the depth limit.
 */
import { latin1 } from '../bytes/bytes.ts'
import { decodedSize, isIdentityEncoding } from '../text/transfer.ts'
import { BoundaryScanner } from './boundary.ts'
import type { Delimiter } from './boundary.ts'
import { contentFields } from './content-fields.ts'
import { Header, parseHeader } from './header.ts'
import { defaultLimits } from './limits.ts'
import type { ParseLimits } from './limits.ts'
import { LineCounter } from './line-count.ts'
import type { Part } from './part.ts'

const LF = 10
const CR = 13

/** Where a part stands in the numbering (RFC 9051 §6.4.5.1). */
interface Place {
  /** Its number when it is a child; the number of the enclosing message part when it is the root of a message. */
  number: string
  isRoot: boolean
  inDigest: boolean
  depth: number
}

/** The root part of a raw message. Never throws: whatever the octets are, they are some message. */
export function parseMessage(raw: Uint8Array, limits: ParseLimits = defaultLimits): Part {
  return new MessageParser(raw, limits).part(0, { number: '', isRoot: true, inDigest: false, depth: 0 })
}

class MessageParser {
  readonly #raw: Uint8Array
  readonly #limits: ParseLimits
  readonly #boundaries: BoundaryScanner
  readonly #lines: LineCounter
  /** The delimiter that ended the part read last; undefined: the end of the message did. */
  #delimiter: Delimiter | undefined
  #parts = 0
  #headerBytes = 0

  constructor(raw: Uint8Array, limits: ParseLimits) {
    this.#raw = raw
    this.#limits = limits
    this.#boundaries = new BoundaryScanner(raw)
    this.#lines = new LineCounter(raw)
  }

  part(headerStart: number, place: Place): Part {
    this.#parts++
    const parsed = this.#header(headerStart)
    const endedInHeader = this.#delimiter
    const { header } = parsed
    const bodyStart = headerStart === 0 && !endedInHeader ? this.#textStart(parsed) : parsed.bodyStart
    const part: Part = {
      path: '',
      ...contentFields(header, place.inDigest, this.#limits),
      headerStart,
      bodyStart,
      bodyEnd: bodyStart,
      lines: 0,
      size: 0,
      children: [],
      header,
    }
    const isMultipart = part.type === 'multipart'
    if (!place.isRoot) part.path = place.number
    else if (!isMultipart) part.path = place.number === '' ? '1' : `${place.number}.1`
    if (!endedInHeader) {
      const prefix = place.isRoot && isMultipart ? place.number : part.path
      this.#body(part, prefix, place.depth)
    }
    // A header without body ends at the delimiter line itself: its line end is not the delimiter's. What is around it
    // must reach as far.
    const inner = part.message ?? part.children.at(-1)
    const least = Math.max(bodyStart, inner?.bodyEnd ?? 0)
    part.bodyEnd = this.#delimiter ? Math.max(least, this.#contentEnd(this.#delimiter)) : this.#raw.length
    this.#measure(part)
    return part
  }

  /** Reads a header; afterwards `#delimiter` is set when a delimiter line cut it short. */
  #header(start: number): { header: Header; bodyStart: number } {
    this.#delimiter = undefined
    const left = this.#limits.totalHeaderBytes - this.#headerBytes
    const limits = {
      headerBytes: Math.max(0, Math.min(this.#limits.headerBytes, left)),
      headerFields: this.#limits.headerFields,
    }
    const parsed = parseHeader(this.#raw, start, limits, (line, lf) => {
      this.#delimiter = this.#boundaries.match(line, lf)
      return this.#delimiter !== undefined
    })
    this.#headerBytes += Math.min(parsed.bodyStart - start, limits.headerBytes)
    return parsed
  }

  /**
   * Where the text of a message begins that has no empty line: somebody wrote to SMTP without a header, and only trace
   * fields stand before it. Such a text would else be taken for lines of the header that nobody can read.
   */
  #textStart({ header, bodyStart }: { header: Header; bodyStart: number }): number {
    const raw = this.#raw
    if (bodyStart < raw.length || /(?:^|\n)\r?\n$/.test(latin1(raw, Math.max(0, bodyStart - 3), bodyStart)))
      return bodyStart
    const start = header.fields.at(-1)?.end ?? 0
    // Beyond the limits of a header there may be more fields.
    return /^[!-9;-~]+[ \t]*:/.test(latin1(raw, start, Math.min(bodyStart, start + 1000))) ? bodyStart : start
  }

  /** Reads what the part holds and leaves the delimiter that ends it. */
  #body(part: Part, prefix: string, depth: number): void {
    const boundary = part.parameters['boundary']
    const mayNest = depth < this.#limits.depth && this.#parts < this.#limits.parts
    if (mayNest && part.type === 'multipart' && boundary) this.#children(part, boundary, prefix, depth)
    else if (mayNest && isMessage(part) && isIdentityEncoding(part.encoding)) {
      part.message = this.part(part.bodyStart, { number: part.path, isRoot: true, inDigest: false, depth: depth + 1 })
    } else this.#delimiter = this.#boundaries.find(part.bodyStart, part.encoding === 'base64')
  }

  #children(part: Part, boundary: string, prefix: string, depth: number): void {
    const level = this.#boundaries.push(boundary)
    const inDigest = part.subtype === 'digest'
    let delimiter = this.#boundaries.find(part.bodyStart)
    while (delimiter && delimiter.level === level && !delimiter.closing) {
      if (this.#parts >= this.#limits.parts) {
        delimiter = this.#boundaries.find(delimiter.end)
        continue
      }
      const index = String(part.children.length + 1)
      const number = prefix === '' ? index : `${prefix}.${index}`
      part.children.push(this.part(delimiter.end, { number, isRoot: false, inDigest, depth: depth + 1 }))
      delimiter = this.#delimiter
    }
    this.#boundaries.pop()
    // Behind the closing delimiter is the epilogue, which only an outer boundary ends.
    if (delimiter?.level === level) delimiter = this.#boundaries.find(delimiter.end)
    this.#delimiter = delimiter
  }

  /** The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1). */
  #contentEnd({ start }: Delimiter): number {
    if (this.#raw[start - 1] !== LF) return start
    return this.#raw[start - 2] === CR ? start - 2 : start - 1
  }

  #measure(part: Part): void {
    if (part.type === 'text' || isMessage(part)) part.lines = this.#lines.count(part.bodyStart, part.bodyEnd)
    part.size =
      part.type === 'multipart' || part.message
        ? part.bodyEnd - part.bodyStart
        : decodedSize(this.#raw, part.bodyStart, part.bodyEnd, part.encoding)
  }
}

function isMessage(part: Part): boolean {
  return part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global')
}
