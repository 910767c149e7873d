/**
 * EmailBodyPart objects: the properties of one MIME part.
 *
 * Standards: RFC 8621 §4.1.4.
 */
import { partName, type StoredPart } from '../../../format/index.ts'
import { invalidArguments, setOwn, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'
import { parseHeaderProperty, readAllHeaders, readHeaderProperty, type HeaderProperty } from './header-form.ts'
import { isMultipart, partHeader, type MessageSource } from './message-source.ts'

/** RFC 8621 §4.2: what `bodyProperties` is when the client does not say. */
export const defaultBodyProperties: readonly string[] = [
  'partId',
  'blobId',
  'size',
  'name',
  'type',
  'charset',
  'disposition',
  'cid',
  'language',
  'location',
]

type Read = (part: StoredPart, source: MessageSource, properties: BodyProperties) => Json

const readers: Readonly<Record<string, Read>> = {
  partId: (part, source) => (isMultipart(part) ? null : source.partId(part)),
  blobId: (part, source) => (isMultipart(part) ? null : source.partBlobId(part)),
  size: (part) => part.size,
  headers: (part, source) => readAllHeaders(partHeader(source, part)),
  name: (part) => partName(part) ?? null,
  type: (part) => `${part.type}/${part.subtype}`,
  charset: (part) => charsetOf(part),
  disposition: (part) => part.disposition?.type ?? null,
  cid: (part) => part.contentId ?? null,
  language: (part) => part.language ?? null,
  location: (part) => part.location ?? null,
  subParts: (part, source, properties) =>
    isMultipart(part) ? part.children.map((child) => readBodyPart(child, source, properties)) : null,
}

/** Also of other types, where one is declared (`application/xml; charset=utf-8`); implied only for text. */
function charsetOf(part: StoredPart): string | null {
  return part.parameters['charset'] ?? (part.type === 'text' ? 'us-ascii' : null)
}

/** A checked `bodyProperties` argument. */
export interface BodyProperties {
  readonly plain: readonly string[]
  readonly headers: ReadonlyMap<string, HeaderProperty>
}

/** Throws `invalidArguments` for an unknown property or a forbidden header form. */
export function checkBodyProperties(properties: readonly string[]): BodyProperties {
  const plain: string[] = []
  const headers = new Map<string, HeaderProperty>()
  for (const property of properties) {
    if (Object.hasOwn(readers, property)) {
      plain.push(property)
      continue
    }
    const header = parseHeaderProperty(property)
    if (header === undefined) throw invalidArguments(`Unknown body property ${JSON.stringify(property)}.`)
    headers.set(property, header)
  }
  return { plain, headers }
}

export function readBodyPart(part: StoredPart, source: MessageSource, properties: BodyProperties): JsonObject {
  const result: JsonObject = {}
  for (const property of properties.plain) result[property] = (readers[property] as Read)(part, source, properties)
  if (properties.headers.size > 0) {
    const header = partHeader(source, part)
    for (const [property, wanted] of properties.headers) setOwn(result, property, readHeaderProperty(header, wanted))
  }
  return result
}

/** bodyStructure shows its children whatever the properties: without them it would be one part of many. */
export function readBodyStructure(source: MessageSource, properties: BodyProperties): JsonObject {
  const withChildren = properties.plain.includes('subParts')
    ? properties
    : { ...properties, plain: [...properties.plain, 'subParts'] }
  const result = readBodyPart(source.root, source, withChildren)
  return withChildren === properties ? result : withoutNullSubParts(result)
}

function withoutNullSubParts(part: JsonObject): JsonObject {
  if (part['subParts'] === null) delete part['subParts']
  else for (const child of part['subParts'] as JsonObject[]) withoutNullSubParts(child)
  return part
}
