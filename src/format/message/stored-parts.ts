/**
 * The part tree as compact JSON, to be kept beside a message.
 *
 * Form: `[type/subtype, headerStart, header octets, body octets, lines, size, children | 0, rest | 0]`. Part numbers are
 * not written: they follow from the shape.
 */
import type { Disposition, StoredPart } from './part.ts'

/** What most parts do not have, under one-letter keys. */
interface Rest {
  e?: string
  p?: Record<string, string>
  d?: [type: string, parameters: Record<string, string>]
  i?: string
  t?: string
  h?: string
  l?: string[]
  u?: string
  m?: Encoded
}

type Encoded = [
  type: string,
  headerStart: number,
  headerLength: number,
  bodyLength: number,
  lines: number,
  size: number,
  children: Encoded[] | 0,
  rest: Rest | 0,
]

export function encodeParts(root: StoredPart): string {
  return JSON.stringify(encode(root))
}

function encode(part: StoredPart): Encoded {
  const rest: Rest = {}
  if (part.encoding !== '7bit') rest.e = part.encoding
  if (!isEmpty(part.parameters)) rest.p = part.parameters
  if (part.disposition) rest.d = [part.disposition.type, part.disposition.parameters]
  if (part.contentId !== undefined) rest.i = part.contentId
  if (part.description !== undefined) rest.t = part.description
  if (part.md5 !== undefined) rest.h = part.md5
  if (part.language) rest.l = part.language
  if (part.location !== undefined) rest.u = part.location
  if (part.message) rest.m = encode(part.message)
  return [
    `${part.type}/${part.subtype}`,
    part.headerStart,
    part.bodyStart - part.headerStart,
    part.bodyEnd - part.bodyStart,
    part.lines,
    part.size,
    part.children.length > 0 ? part.children.map(encode) : 0,
    isEmpty(rest) ? 0 : rest,
  ]
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0
}

/** Reads what {@link encodeParts} wrote; anything else throws, as it would be a bug. */
export function decodeParts(json: string): StoredPart {
  return decodeRoot(JSON.parse(json) as Encoded, '')
}

function decodeRoot(encoded: Encoded, number: string): StoredPart {
  if (encoded[0].startsWith('multipart/')) return decode(encoded, '', number)
  const path = number === '' ? '1' : `${number}.1`
  return decode(encoded, path, path)
}

function decode(encoded: Encoded, path: string, prefix: string): StoredPart {
  const [media, headerStart, headerLength, bodyLength, lines, size, children, maybeRest] = encoded
  const rest = maybeRest === 0 ? {} : maybeRest
  const slash = media.indexOf('/')
  const bodyStart = headerStart + headerLength
  const part: StoredPart = {
    path,
    type: media.slice(0, slash),
    subtype: media.slice(slash + 1),
    parameters: bare(rest.p),
    encoding: rest.e ?? '7bit',
    headerStart,
    bodyStart,
    bodyEnd: bodyStart + bodyLength,
    lines,
    size,
    children: [],
  }
  if (rest.d) part.disposition = { type: rest.d[0], parameters: bare(rest.d[1]) } satisfies Disposition
  if (rest.i !== undefined) part.contentId = rest.i
  if (rest.t !== undefined) part.description = rest.t
  if (rest.h !== undefined) part.md5 = rest.h
  if (rest.l) part.language = rest.l
  if (rest.u !== undefined) part.location = rest.u
  if (rest.m) part.message = decodeRoot(rest.m, path)
  if (children !== 0) {
    part.children = children.map((child, index) => {
      const number = prefix === '' ? String(index + 1) : `${prefix}.${index + 1}`
      return decode(child, number, number)
    })
  }
  return part
}

/** Without a prototype, so that no parameter name means anything else. */
function bare(record: Record<string, string> = {}): Record<string, string> {
  return Object.assign(Object.create(null) as Record<string, string>, record)
}
