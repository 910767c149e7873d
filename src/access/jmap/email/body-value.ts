/**
 * EmailBodyValue objects: the text of parts, decoded, with LF line ends, perhaps truncated.
 *
 * Standards: RFC 8621 §4.1.4 (bodyValues), §4.2 (maxBodyValueBytes).
 * Limits: the octets of all values in one answer (`BodyValueBudget`).
 */
import { decodeText, encodeUtf8, type StoredPart } from '../../../format/index.ts'
import { MethodError, type JsonObject } from '../../../protocol/jmap/index.ts'
import { partBody, type MessageSource } from './message-source.ts'

/** What one answer may still carry in body values. */
export interface BodyValueBudget {
  remaining: number
}

export interface BodyValueOptions {
  readonly text: boolean
  readonly html: boolean
  readonly all: boolean
  /** Octets of UTF-8 per value; 0: no truncation. */
  readonly maxBytes: number
  readonly budget: BodyValueBudget
}

/** Throws `requestTooLarge` when the budget is exceeded. */
export function readBodyValues(
  source: MessageSource,
  parts: { textBody: readonly StoredPart[]; htmlBody: readonly StoredPart[]; all: readonly StoredPart[] },
  options: BodyValueOptions,
): JsonObject {
  const wanted = new Set<StoredPart>()
  if (options.all) for (const part of parts.all) wanted.add(part)
  if (options.text) for (const part of parts.textBody) wanted.add(part)
  if (options.html) for (const part of parts.htmlBody) wanted.add(part)
  const values: JsonObject = {}
  for (const part of wanted) {
    if (part.type === 'text') values[source.partId(part)] = readBodyValue(source, part, options)
  }
  return values
}

function readBodyValue(source: MessageSource, part: StoredPart, options: BodyValueOptions): JsonObject {
  const body = partBody(source, part)
  const decoded = decodeText(body.raw, body.part)
  const text = decoded.text.replaceAll('\r\n', '\n')
  const { value, isTruncated } = truncate(text, options.maxBytes, part.subtype === 'html')
  options.budget.remaining -= value.length
  if (options.budget.remaining < 0) throw new MethodError('requestTooLarge', 'Too much body text for one answer.')
  return { value, isEncodingProblem: decoded.encodingProblem, isTruncated }
}

/** At most `maxBytes` octets of UTF-8, never inside a code point nor, for HTML, inside a tag. */
export function truncate(text: string, maxBytes: number, isHtml: boolean): { value: string; isTruncated: boolean } {
  // A UTF-16 unit makes at most three octets.
  if (maxBytes === 0 || text.length * 3 <= maxBytes) return { value: text, isTruncated: false }
  let bytes = encodeUtf8(text.slice(0, maxBytes + 1))
  if (bytes.length <= maxBytes && text.length <= maxBytes) return { value: text, isTruncated: false }
  let end = Math.min(maxBytes, bytes.length)
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  bytes = bytes.subarray(0, end)
  const value = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return { value: isHtml ? outsideTag(value) : value, isTruncated: true }
}

function outsideTag(html: string): string {
  const open = html.lastIndexOf('<')
  return open > html.lastIndexOf('>') ? html.slice(0, open) : html
}
