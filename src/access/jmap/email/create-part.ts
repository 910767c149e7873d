/**
 * EmailBodyParts that a client creates: checked against the rules and turned into composed parts.
 *
 * Standards: RFC 8621 §4.6.
 * Limits: depth and number of parts; the sum of the blobs that are attached.
 */
import type { ComposedPart } from '../../../format/index.ts'
import { isObject, member, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'
import type { Blob } from '../../../mailbox/index.ts'
import { contentProperties, isRefusedField } from './content-field.ts'
import { readHeaderFields } from './create-header.ts'

const maxDepth = 20
const maxParts = 1000

/** What the parts of one email draw on, and what is found wrong with them. */
export interface PartCreation {
  readonly bodyValues: JsonObject
  readBlob(blobId: string): Blob | undefined
  /** Names of fields on the email itself, which the root part may not repeat. */
  readonly emailFields: ReadonlyMap<string, string>
  readonly invalid: Set<string>
  readonly missingBlobs: Set<string>
  attachedSize: number
  parts: number
}

/** `path` names the part in errors, such as `bodyStructure/subParts/0`. */
export function createPart(
  value: Json | undefined,
  path: string,
  creation: PartCreation,
  options: { depth?: number; isRoot?: boolean; defaultType?: string; attachment?: boolean } = {},
): ComposedPart | undefined {
  const depth = options.depth ?? 0
  const fail = (property = ''): undefined => {
    creation.invalid.add(property === '' ? path : `${path}/${property}`)
  }
  if (!isObject(value ?? null) || depth > maxDepth || ++creation.parts > maxParts) return fail()
  const { fields, names, invalid, rest } = readHeaderFields(value as JsonObject, false)
  for (const property of invalid) fail(property)
  const has = (property: string): boolean => (member(rest, property) ?? null) !== null
  for (const [name, property] of names) {
    const isRepeated = options.isRoot === true && creation.emailFields.has(name)
    if (isRepeated || isRefusedField(name, has)) fail(property)
  }
  for (const [name, wanted] of Object.entries(rest)) {
    const check = Object.hasOwn(partChecks, name) ? partChecks[name] : undefined
    if (check === undefined || (wanted !== null && !check(wanted))) return fail(name)
  }
  const given = contentProperties(fields)
  if (given === undefined) return fail()
  const ownType = (member(rest, 'type') as string | null | undefined)?.toLowerCase() ?? given.type
  const content = createContent(rest, ownType, path, creation, depth, fail)
  if (content === undefined) return undefined
  const type = ownType ?? options.defaultType ?? content.type
  if (type.startsWith('multipart/') !== 'children' in content.content) return fail('type')
  const charset = member(rest, 'charset') as string | null | undefined
  const name = member(rest, 'name') as string | null | undefined
  const disposition =
    (member(rest, 'disposition') as string | null | undefined) ??
    (options.attachment === true ? 'attachment' : name ? 'inline' : undefined)
  return {
    ...(disposition ? { disposition: { type: disposition, ...(name ? { parameters: { filename: name } } : {}) } } : {}),
    ...given,
    type,
    ...(charset ? { parameters: { charset } } : {}),
    ...optional('contentId', member(rest, 'cid')),
    ...optional('language', member(rest, 'language')),
    ...optional('location', member(rest, 'location')),
    content: content.content,
  }
}

interface Content {
  readonly content: ComposedPart['content']
  /** The type when the client gives none. */
  readonly type: string
}

/** Exactly one of partId (a body value), blobId and subParts says what a part holds. */
function createContent(
  part: JsonObject,
  ownType: string | undefined,
  path: string,
  creation: PartCreation,
  depth: number,
  fail: (property?: string) => undefined,
): Content | undefined {
  const partId = member(part, 'partId') ?? null
  const blobId = member(part, 'blobId') ?? null
  const subParts = member(part, 'subParts') ?? null
  if ([partId, blobId, subParts].filter((given) => given !== null).length !== 1) return fail()
  if (Array.isArray(subParts)) {
    if (subParts.length === 0) return fail('subParts')
    const children = subParts.map((child, index) =>
      createPart(child, `${path}/subParts/${index}`, creation, { depth: depth + 1 }),
    )
    if (!children.every((child) => child !== undefined)) return undefined
    return { content: { children }, type: 'multipart/mixed' }
  }
  if (typeof partId === 'string') {
    // The charset and size of a body value are the server's to choose.
    if ((part['charset'] ?? null) !== null) return fail('charset')
    if ((part['size'] ?? null) !== null) return fail('size')
    const type = ownType ?? 'text/plain'
    const text = bodyValue(member(creation.bodyValues, partId))
    if (text === undefined || !type.startsWith('text/')) return fail(text === undefined ? 'partId' : 'type')
    return { content: { text }, type }
  }
  const blob = creation.readBlob(blobId as string)
  if (blob === undefined) {
    creation.missingBlobs.add(blobId as string)
    return undefined
  }
  creation.attachedSize += blob.bytes.length
  return { content: { bytes: blob.bytes }, type: isMediaType(blob.type) ? blob.type : 'application/octet-stream' }
}

/** The text of an EmailBodyValue; undefined when it is malformed or flagged as damaged. */
export function bodyValue(value: Json | undefined): string | undefined {
  if (!isObject(value ?? null)) return undefined
  const { value: text, isEncodingProblem = false, isTruncated = false, ...rest } = value as JsonObject
  if (typeof text !== 'string' || isEncodingProblem !== false || isTruncated !== false) return undefined
  return Object.keys(rest).length === 0 ? text : undefined
}

const partChecks: Readonly<Record<string, (value: Json) => boolean>> = {
  partId: (value) => typeof value === 'string',
  blobId: (value) => typeof value === 'string',
  size: (value) => typeof value === 'number',
  name: isLine,
  type: isMediaType,
  charset: (value) => typeof value === 'string' && /^[A-Za-z0-9_.:+-]{1,60}$/.test(value),
  disposition: (value) => typeof value === 'string' && /^[A-Za-z0-9-]{1,60}$/.test(value),
  cid: (value) => typeof value === 'string' && /^[!-;=?-~]{1,500}$/.test(value),
  language: (value) =>
    Array.isArray(value) && value.every((tag) => typeof tag === 'string' && /^[A-Za-z0-9-]{1,60}$/.test(tag)),
  location: (value) => typeof value === 'string' && /^[!-~]{1,2000}$/.test(value),
  subParts: Array.isArray,
}

function isLine(value: Json): boolean {
  // controls are what must not get through
  return typeof value === 'string' && value.length <= 1000 && !/[\x00-\x1f\x7f]/.test(value)
}

function isMediaType(value: Json): boolean {
  return typeof value === 'string' && /^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}$/.test(value)
}

/** A member only where the client gave one; `partChecks` has made sure of its type. */
function optional<Name extends 'contentId' | 'language' | 'location'>(
  name: Name,
  value: Json | undefined,
): Pick<ComposedPart, Name> | object {
  return value === undefined || value === null ? {} : { [name]: value }
}
