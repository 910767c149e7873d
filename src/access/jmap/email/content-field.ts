/**
 * Content-* fields that a client gives a body part by name, read into the properties that the composer writes them from.
 *
 * Standards: RFC 8621 §4.6 (Content-* fields are the EmailBodyPart's), RFC 2045, RFC 2183.
 * Security: values come from clients; they go through the parser for received mail and are written anew, never copied.
 */
import { encodeUtf8, parseMessage, type ComposedField, type ComposedPart } from '../../../format/index.ts'

/** Properties of an EmailBodyPart that write the same field (RFC 8621 §4.1.4). */
const sameField: Readonly<Record<string, readonly string[]>> = {
  'content-type': ['type', 'charset'],
  'content-disposition': ['disposition', 'name'],
  'content-id': ['cid'],
  'content-description': [],
  'content-language': ['language'],
  'content-location': ['location'],
}

/** Fields of a part that are the server's alone. */
const forbidden = ['content-transfer-encoding', 'mime-version']

export type ContentProperties = Partial<
  Pick<
    ComposedPart,
    'type' | 'parameters' | 'disposition' | 'contentId' | 'description' | 'language' | 'location' | 'header'
  >
>

/** Whether a part may not be given this field, by lower-case name, beside those properties. */
export function isRefusedField(name: string, has: (property: string) => boolean): boolean {
  return forbidden.includes(name) || (Object.hasOwn(sameField, name) && (sameField[name] ?? []).some(has))
}

/** What the fields say; undefined for one in a form that it cannot be read from. `header`: fields that stay as they are. */
export function contentProperties(fields: readonly ComposedField[]): ContentProperties | undefined {
  const own = fields.filter(({ name }) => Object.hasOwn(sameField, name.toLowerCase()))
  const lines = own.map((field) => {
    const value = valueOf(field)
    return value === undefined ? undefined : `${field.name}:${value}\r\n`
  })
  if (!lines.every((line) => line !== undefined)) return undefined
  const header = fields.filter((field) => !own.includes(field))
  if (lines.length === 0) return { header }
  const part = parseMessage(encodeUtf8(`${lines.join('')}\r\n`))
  const { charset: _, boundary: __, ...parameters } = part.parameters
  const isGiven = (name: string) => own.some((field) => field.name.toLowerCase() === name)
  return {
    header,
    ...(isGiven('content-type') ? { type: `${part.type}/${part.subtype}`, parameters } : {}),
    ...(part.disposition === undefined ? {} : { disposition: { ...part.disposition } }),
    ...(part.contentId === undefined ? {} : { contentId: part.contentId }),
    ...(part.description === undefined ? {} : { description: part.description }),
    ...(part.language === undefined ? {} : { language: part.language }),
    ...(part.location === undefined ? {} : { location: part.location }),
  }
}

function valueOf(field: ComposedField): string | undefined {
  if ('raw' in field) return field.raw
  if ('text' in field) return ` ${field.text}`
  if ('messageIds' in field) return field.messageIds.map((id) => ` <${id}>`).join('')
  return undefined
}
