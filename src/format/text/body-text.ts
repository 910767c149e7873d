/** The text of a text part: transfer encoding and charset undone (RFC 8621 §4.1.4 EmailBodyValue). */
import { latin1 } from '../bytes/bytes.ts'
import { decodeBody } from '../message/body.ts'
import type { StoredPart } from '../message/part.ts'
import { decodeCharset } from './charset.ts'
import { isKnownEncoding } from './transfer.ts'

export interface DecodedText {
  /** Line ends are LF, as JMAP wants them. */
  text: string
  /** Transfer encoding or charset unknown, or octets that do not fit the charset. */
  encodingProblem: boolean
}

export function decodeText(raw: Uint8Array, part: StoredPart): DecodedText {
  return decodeBodyText(decodeBody(raw, part), part)
}

/** As {@link decodeText} for the first `length` octets of the encoded body: enough for a preview. */
export function decodeTextPrefix(raw: Uint8Array, part: StoredPart, length: number): string {
  const bodyEnd = Math.min(part.bodyEnd, part.bodyStart + length)
  const { text } = decodeText(raw, { ...part, bodyEnd })
  return bodyEnd < part.bodyEnd ? text.replace(/\ufffd{1,4}$/, '') : text
}

function decodeBodyText(body: Uint8Array, part: StoredPart): DecodedText {
  const { text, problem } = decodeCharset(body, charsetOf(part, body))
  const unixLines = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
  return { text: unixLines, encodingProblem: problem || !isKnownEncoding(part.encoding) }
}

/** HTML names its charset near the beginning or not at all. */
const META_SCAN = 1024
const META_CHARSET = /<meta[^>]{0,200}charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_:.-]{2,40})/i

/** The declared charset: of Content-Type, else what an HTML document says of itself. */
function charsetOf(part: StoredPart, body: Uint8Array): string | undefined {
  const declared = part.parameters['charset']
  if (declared || part.subtype !== 'html') return declared || undefined
  const meta = META_CHARSET.exec(latin1(body, 0, Math.min(body.length, META_SCAN)))?.[1]
  // A document in UTF-16 could not have been read as ASCII to get here.
  return meta && !/^utf-?16/i.test(meta) ? meta : undefined
}
