/**
 * IMAP's BODY and BODYSTRUCTURE.
 *
 * Standards: RFC 9051 §7.5.2, §9 (`body`), RFC 2231 §6 (continuations joined), RFC 2045 §5.2 (defaults).
 */
import { EMPTY_ENVELOPE, renderEnvelope } from './envelope.ts'
import { imapNstring, imapString } from './imap-string.ts'
import type { RawParameter } from './parameter.ts'
import type { Part } from './part.ts'

/** A multipart must show a child and a nested message a body, even where the octets have none. */
const EMPTY_BODY = '("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0)'
const EMPTY_BODY_EXTENSIBLE = '("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 NIL NIL NIL NIL)'

/** Latin1-of-bytes, with parentheses. `extensible` true: BODYSTRUCTURE, with extension data; false: BODY. */
export function renderBodyStructure(root: Part, extensible: boolean): string {
  return root.type === 'multipart' ? multipart(root, extensible) : singlePart(root, extensible)
}

function multipart(part: Part, extensible: boolean): string {
  let text = '('
  for (const child of part.children) text += renderBodyStructure(child, extensible)
  if (part.children.length === 0) text += extensible ? EMPTY_BODY_EXTENSIBLE : EMPTY_BODY
  text += ` ${upper(part.subtype)}`
  if (extensible) text += ` ${parameters(part.typeParameters)} ${trailer(part)}`
  return `${text})`
}

function singlePart(part: Part, extensible: boolean): string {
  const { header } = part
  let text =
    `(${upper(part.type)} ${upper(part.subtype)} ${parameters(withCharset(part))}` +
    ` ${imapNstring(header.last('content-id'))} ${imapNstring(header.last('content-description'))}` +
    ` ${upper(part.encoding)} ${part.bodyEnd - part.bodyStart}`
  if (part.type === 'text') text += ` ${part.lines}`
  else if (part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global')) {
    text += part.message
      ? ` ${renderEnvelope(part.message.header)} ${renderBodyStructure(part.message, extensible)} ${part.lines}`
      : ` ${EMPTY_ENVELOPE} ${extensible ? EMPTY_BODY_EXTENSIBLE : EMPTY_BODY} ${part.lines}`
  }
  if (extensible) text += ` ${imapNstring(part.md5)} ${trailer(part)}`
  return `${text})`
}

/** Disposition, language, location. */
function trailer(part: Part): string {
  const { disposition, language } = part
  const dsp = disposition ? `(${upper(disposition.type)} ${parameters(part.dispositionParameters)})` : 'NIL'
  let languages = 'NIL'
  if (language) languages = language.length === 1 ? imapString(language[0]!) : `(${language.map(imapString).join(' ')})`
  return `${dsp} ${languages} ${imapNstring(part.location)}`
}

/** Text is us-ascii unless it says otherwise (RFC 2045 §5.2), and IMAP clients want to be told. */
function withCharset(part: Part): readonly RawParameter[] {
  if (part.type !== 'text' || part.parameters['charset'] !== undefined) return part.typeParameters
  return [...part.typeParameters, { name: 'charset', value: 'US-ASCII' }]
}

function parameters(list: readonly RawParameter[]): string {
  if (list.length === 0) return 'NIL'
  return `(${list.map(({ name, value }) => `${upper(name)} ${imapString(value)}`).join(' ')})`
}

function upper(text: string): string {
  return imapString(text.toUpperCase())
}
