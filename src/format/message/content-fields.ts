/**
 * The Content-* fields of one part, read from its header.
 *
 * Standards: RFC 2045 §5, §6, §7, §8, RFC 2183, RFC 1864 (MD5), RFC 3282 (language), RFC 2557 (location).
 */
import { decodeHeaderText } from '../text/encoded-word.ts'
import type { Header } from './header.ts'
import type { ParseLimits } from './limits.ts'
import { decodeParameters, leadingToken, mediaType, parseParameters } from './parameter.ts'
import type { RawParameter } from './parameter.ts'
import type { StoredPart } from './part.ts'

/** What the header says about the body, and the parameters as written for IMAP's eyes. */
export type ContentFields = Pick<
  StoredPart,
  | 'type'
  | 'subtype'
  | 'parameters'
  | 'encoding'
  | 'disposition'
  | 'contentId'
  | 'description'
  | 'md5'
  | 'language'
  | 'location'
> & { typeParameters: readonly RawParameter[]; dispositionParameters: readonly RawParameter[] }

const NONE: readonly RawParameter[] = []

/** `inDigest`: the default type is message/rfc822 (RFC 2046 §5.1.5). A malformed Content-Type counts as text/plain. */
export function contentFields(header: Header, inDigest: boolean, limits: ParseLimits): ContentFields {
  const typeField = header.last('content-type')
  const media = typeField === undefined ? undefined : mediaType(typeField)
  const typeParameters = media ? parseParameters(typeField!, media.end, limits) : NONE
  const digestDefault = inDigest && typeField === undefined
  const fields: ContentFields = {
    type: media?.type ?? (digestDefault ? 'message' : 'text'),
    subtype: media?.subtype ?? (digestDefault ? 'rfc822' : 'plain'),
    parameters: decodeParameters(typeParameters),
    encoding: leadingToken(header.last('content-transfer-encoding') ?? '') || '7bit',
    typeParameters,
    dispositionParameters: NONE,
  }
  const dispositionField = header.last('content-disposition')
  const dispositionType = leadingToken(dispositionField ?? '')
  if (dispositionType !== '') {
    fields.dispositionParameters = parseParameters(dispositionField!, 0, limits)
    fields.disposition = { type: dispositionType, parameters: decodeParameters(fields.dispositionParameters) }
  }
  readPlainFields(header, fields)
  return fields
}

function readPlainFields(header: Header, fields: ContentFields): void {
  const contentId = header.last('content-id')
  if (contentId) fields.contentId = contentId.replace(/^.*?<|>.*$/g, '').trim()
  const description = header.last('content-description')
  if (description) fields.description = decodeHeaderText(description)
  const md5 = header.last('content-md5')
  if (md5) fields.md5 = md5
  const language = languages(header)
  if (language.length > 0) fields.language = language
  const location = header.last('content-location')
  if (location) fields.location = location.replace(/\s+/g, '') // folded URLs: white space is not part of them (RFC 2557 §4.4)
}

function languages(header: Header): string[] {
  const field = header.last('content-language')
  if (!field) return []
  return field
    .replace(/\([^()]*\)/g, '')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => /^[A-Za-z0-9-]{1,64}$/.test(tag))
}
