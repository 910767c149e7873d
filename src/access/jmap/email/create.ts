/**
 * The message that an Email/set create describes.
 *
 * Standards: RFC 8621 §4.6, RFC 5322 §3.6.1 and §3.6.4 (Date and Message-ID are added when missing).
 */
import {
  compose,
  ComposeError,
  type ComposedField,
  type ComposedPart,
  type ComposeOptions,
  flattenAddresses,
  splitAddress,
} from '../../../format/index.ts'
import {
  invalidProperties,
  isObject,
  member,
  resolveId,
  SetError,
  type CallContext,
  type Json,
  type JsonObject,
} from '../../../protocol/jmap/index.ts'
import { readBlob } from '../blob.ts'
import type { JmapContext } from '../context.ts'
import { readHeaderFields } from './create-header.ts'
import { bodyValue, createPart, type PartCreation } from './create-part.ts'

const bodyProperties = ['bodyStructure', 'textBody', 'htmlBody', 'attachments', 'bodyValues']

/** The octets of the new message. `record` is the create object without mailboxIds, keywords and receivedAt. */
export function composeEmail(context: JmapContext, call: CallContext, record: JsonObject): Uint8Array {
  const { fields, names, invalid, rest } = readHeaderFields(record, true)
  const wrong = new Set(invalid)
  for (const [name, property] of names) {
    if (name.startsWith('content-') || name === 'mime-version') wrong.add(property)
  }
  for (const name of Object.keys(rest)) if (!bodyProperties.includes(name)) wrong.add(name)
  const creation: PartCreation = {
    bodyValues: bodyValuesOf(rest, wrong),
    readBlob: (given) => {
      const blobId = resolveId(given, call.createdIds)
      return blobId === undefined ? undefined : readBlob(context.store, blobId)
    },
    emailFields: names,
    invalid: wrong,
    missingBlobs: new Set(),
    attachedSize: 0,
    parts: 0,
  }
  const body = composeBody(rest, creation)
  if (wrong.size > 0) throw invalidProperties([...wrong])
  if (creation.missingBlobs.size > 0) {
    throw new SetError('blobNotFound', undefined, { notFound: [...creation.missingBlobs] })
  }
  refuseLarge(creation.attachedSize, context.limits.maxSizeAttachmentsPerEmail)
  const raw = composed(context, [...fields, ...missingFields(context, names)], body as ComposedPart, names)
  refuseLarge(raw.length, context.limits.maxSizeEmail)
  return raw
}

function composed(
  context: JmapContext,
  header: readonly ComposedField[],
  body: ComposedPart,
  names: ReadonlyMap<string, string>,
): Uint8Array {
  const options = { seed: context.ids(), smtputf8: header.some(needsUtf8) }
  try {
    return compose({ header, body }, options)
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error
    const wrong = header
      .filter((field) => !isComposable(field, options))
      .map(({ name }) => names.get(name.toLowerCase()))
    throw invalidProperties([...new Set(wrong.filter((property) => property !== undefined))], error.message)
  }
}

/** A local part beyond ASCII has no other form (RFC 6532); domains have A-labels, and text is encoded. */
function needsUtf8(field: ComposedField): boolean {
  if (!('addresses' in field)) return false
  const addresses = flattenAddresses(field.addresses)
  return addresses.some(({ address }) => /[^\0-\x7f]/.test(splitAddress(address)?.localPart ?? address))
}

function isComposable(field: ComposedField, options: ComposeOptions): boolean {
  try {
    compose({ header: [field], body: { type: 'text/plain', content: { text: '' } } }, options)
    return true
  } catch (error) {
    if (error instanceof ComposeError) return false
    throw error
  }
}

function missingFields(context: JmapContext, names: ReadonlyMap<string, string>): ComposedField[] {
  const fields: ComposedField[] = []
  if (!names.has('message-id')) {
    const domain = splitAddress(context.account.address)?.domain ?? 'localhost'
    fields.push({ name: 'Message-ID', messageIds: [`${context.ids()}@${domain}`] })
  }
  if (!names.has('date')) fields.push({ name: 'Date', date: context.clock(), zone: 0 })
  return fields
}

function refuseLarge(size: number, maxSize: number): void {
  if (size > maxSize) throw new SetError('tooLarge', `Larger than ${maxSize} octets.`, { maxSize })
}

function bodyValuesOf(record: JsonObject, wrong: Set<string>): JsonObject {
  const values = member(record, 'bodyValues') ?? {}
  if (!isObject(values)) {
    wrong.add('bodyValues')
    return {}
  }
  for (const [partId, value] of Object.entries(values)) {
    if (bodyValue(value) === undefined) wrong.add(`bodyValues/${partId}`)
  }
  return values
}

function composeBody(record: JsonObject, creation: PartCreation): ComposedPart | undefined {
  const structure = member(record, 'bodyStructure') ?? null
  if (structure === null) return composeFlat(record, creation)
  for (const name of ['textBody', 'htmlBody', 'attachments']) {
    if ((member(record, name) ?? null) !== null) creation.invalid.add(name)
  }
  return createPart(structure, 'bodyStructure', creation, { isRoot: true })
}

/**
 * The structure that shows as the given lists: alternatives of text, images of the HTML beside it in a related part,
 * everything else attached.
 */
function composeFlat(record: JsonObject, creation: PartCreation): ComposedPart | undefined {
  const text = onlyPart(record, 'textBody', 'text/plain', creation)
  const html = onlyPart(record, 'htmlBody', 'text/html', creation)
  const attached = attachments(record, creation)
  const embedded = html === undefined ? [] : attached.filter(isEmbedded)
  const rest = attached.filter((part) => !embedded.includes(part))
  const rich = html === undefined || embedded.length === 0 ? html : multipart('related', [html, ...embedded])
  const body = text !== undefined && rich !== undefined ? multipart('alternative', [text, rich]) : (text ?? rich)
  if (rest.length > 0) return multipart('mixed', body === undefined ? rest : [body, ...rest])
  return body ?? { type: 'text/plain', content: { text: '' } }
}

/** Shown inside the HTML: it has an id to be referred to by and is not offered as a file. */
function isEmbedded(part: ComposedPart): boolean {
  return part.contentId !== undefined && part.disposition?.type.toLowerCase() === 'inline'
}

function multipart(subtype: string, children: readonly ComposedPart[]): ComposedPart {
  return { type: `multipart/${subtype}`, content: { children } }
}

/** textBody and htmlBody hold exactly one part of exactly one type. */
function onlyPart(record: JsonObject, name: string, type: string, creation: PartCreation): ComposedPart | undefined {
  const list = member(record, name) ?? null
  if (list === null) return undefined
  if (!Array.isArray(list) || list.length !== 1) {
    creation.invalid.add(name)
    return undefined
  }
  const part = createPart(list[0], `${name}/0`, creation, { defaultType: type })
  if (part !== undefined && part.type !== type) creation.invalid.add(`${name}/0/type`)
  return part
}

function attachments(record: JsonObject, creation: PartCreation): ComposedPart[] {
  const list: Json = member(record, 'attachments') ?? []
  if (!Array.isArray(list)) {
    creation.invalid.add('attachments')
    return []
  }
  return list
    .map((item, index) => createPart(item, `attachments/${index}`, creation, { attachment: true }))
    .filter((part) => part !== undefined)
}
