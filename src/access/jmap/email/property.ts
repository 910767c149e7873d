/**
 * Email objects: which properties a call asks for, checked once, and how each is read.
 *
 * Standards: RFC 8621 §4.1, §4.2, §4.9.
 */
import { bodyParts, type BodyParts } from '../../../format/index.ts'
import { invalidArguments, setOwn, type Arguments, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import {
  checkBodyProperties,
  defaultBodyProperties,
  readBodyPart,
  readBodyStructure,
  type BodyProperties,
} from './body-part.ts'
import { readBodyValues, type BodyValueOptions } from './body-value.ts'
import {
  convenienceProperties,
  parseHeaderProperty,
  readAllHeaders,
  readHeaderProperty,
  type HeaderProperty,
} from './header-form.ts'
import { ownParts, type MessageSource } from './message-source.ts'

/** The arguments that Email/get and Email/parse share beyond the standard ones. */
export const emailArguments: readonly string[] = [
  'bodyProperties',
  'fetchTextBodyValues',
  'fetchHTMLBodyValues',
  'fetchAllBodyValues',
  'maxBodyValueBytes',
]

/** What is read of the message itself when a call names no properties (RFC 8621 §4.2, §4.9). */
export const messageProperties: readonly string[] = [
  'messageId',
  'inReplyTo',
  'references',
  'sender',
  'from',
  'to',
  'cc',
  'bcc',
  'replyTo',
  'subject',
  'sentAt',
  'hasAttachment',
  'preview',
  'bodyValues',
  'textBody',
  'htmlBody',
  'attachments',
]

/** The properties of the store's record; Email/parse has null for most of them. */
export type MetadataReaders<Record> = Readonly<{ [property: string]: (record: Record) => Json }>

const bodyNames = [
  'bodyStructure',
  'bodyValues',
  'textBody',
  'htmlBody',
  'attachments',
  'hasAttachment',
  'preview',
  'headers',
]

/** What one call asks for. */
export interface EmailProperties {
  readonly plain: readonly string[]
  readonly headers: ReadonlyMap<string, HeaderProperty>
  readonly body: BodyProperties
  readonly values: BodyValueOptions
}

/** Throws `invalidArguments` for an unknown property or a header form that the field may not have (RFC 8621 §4.2). */
export function checkEmailProperties(
  context: JmapContext,
  args: Arguments,
  asked: readonly string[],
  metadata: readonly string[],
): EmailProperties {
  const plain: string[] = []
  const headers = new Map<string, HeaderProperty>()
  for (const property of asked) {
    if (metadata.includes(property) || bodyNames.includes(property) || Object.hasOwn(convenienceProperties, property)) {
      plain.push(property)
      continue
    }
    const header = parseHeaderProperty(property)
    if (header === undefined) throw invalidArguments(`Unknown property ${JSON.stringify(property)}.`)
    headers.set(property, header)
  }
  return {
    plain,
    headers,
    body: checkBodyProperties(args.strings('bodyProperties') ?? defaultBodyProperties),
    values: {
      text: args.boolean('fetchTextBodyValues'),
      html: args.boolean('fetchHTMLBodyValues'),
      all: args.boolean('fetchAllBodyValues'),
      maxBytes: args.unsignedInt('maxBodyValueBytes') ?? 0,
      budget: { remaining: context.limits.maxSizeBodyValues },
    },
  }
}

/** An Email object with the properties asked for, in that order. */
export function readEmail<Record>(
  record: Record,
  source: MessageSource,
  properties: EmailProperties,
  metadata: MetadataReaders<Record>,
): JsonObject {
  const email: JsonObject = {}
  let parts: BodyParts | undefined
  const body = () => (parts ??= bodyParts(source.root))
  for (const property of properties.plain) {
    const meta = Object.hasOwn(metadata, property) ? metadata[property] : undefined
    email[property] = meta === undefined ? readBodyProperty(property, source, properties, body) : meta(record)
  }
  for (const [property, wanted] of properties.headers) {
    setOwn(email, property, readHeaderProperty(source.header, wanted))
  }
  return email
}

function readBodyProperty(
  property: string,
  source: MessageSource,
  properties: EmailProperties,
  body: () => BodyParts,
): Json {
  const convenience = Object.hasOwn(convenienceProperties, property) ? convenienceProperties[property] : undefined
  if (convenience !== undefined) {
    const indexed = source.indexed?.(property)
    return indexed === undefined ? readHeaderProperty(source.header, convenience) : indexed
  }
  switch (property) {
    case 'headers':
      return readAllHeaders(source.header)
    case 'preview':
      return source.preview
    case 'hasAttachment':
      return source.hasAttachment
    case 'bodyStructure':
      return readBodyStructure(source, properties.body)
    case 'bodyValues':
      return readBodyValues(source, { ...body(), all: ownParts(source.root) }, properties.values)
    default:
      return body()[property as 'textBody' | 'htmlBody' | 'attachments'].map((part) =>
        readBodyPart(part, source, properties.body),
      )
  }
}
