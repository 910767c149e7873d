/**
 * A message whose properties are read: an email of the store or a blob, opened no further than a property asks.
 */
import { parseHeader, type Header, type StoredPart } from '../../../format/index.ts'
import type { Json } from '../../../protocol/jmap/index.ts'

export interface MessageSource {
  /** The part tree, with offsets into the octets. */
  readonly root: StoredPart
  /** The header of the message itself. */
  readonly header: Header
  readonly preview: string
  readonly hasAttachment: boolean
  /** A convenience property that is known without opening the message; undefined: read it from the header. */
  indexed?(property: string): Json | undefined
  octets(start: number, end: number): Uint8Array
  /** The blob of a part's decoded content. */
  partBlobId(part: StoredPart): string
  /** Scoped to this message; stable (RFC 8621 §4.1.4). */
  partId(part: StoredPart): string
}

/** The header of one part; the message's own when the part is the root. */
export function partHeader(source: MessageSource, part: StoredPart): Header {
  return part === source.root ? source.header : parseHeader(source.octets(part.headerStart, part.bodyStart)).header
}

/** The octets of one part's body, with the part as it lies in them. */
export function partBody(source: MessageSource, part: StoredPart): { raw: Uint8Array; part: StoredPart } {
  const raw = source.octets(part.bodyStart, part.bodyEnd)
  return { raw, part: { ...part, headerStart: 0, bodyStart: 0, bodyEnd: raw.length } }
}

export function isMultipart(part: StoredPart): boolean {
  return part.type === 'multipart'
}

/** The parts of the message itself, depth first, without those of attached messages (RFC 8621 §4.1.4). */
export function ownParts(root: StoredPart): StoredPart[] {
  return [root, ...root.children.flatMap(ownParts)]
}
