/**
 * Tag lists: `name=value; name=value`, as DKIM signatures, DKIM keys, ARC fields and DMARC records are written.
 *
 * Standards: RFC 6376 §3.2.
 * Limits: 64 tags; no record in use has half of them.
 * Security: fed by strangers through messages and the DNS; linear, never throws.
 */

export type TagList = ReadonlyMap<string, string>

const TAG_LIMIT = 64
const TAG_NAME = /^[A-Za-z][A-Za-z0-9_]*$/

/** The tags by name (case counts) with the white space around them gone; undefined when the syntax is broken or a tag is there twice. */
export function parseTagList(text: string): TagList | undefined {
  const pieces = text.split(';', TAG_LIMIT + 2)
  // One semicolon may stand at the end.
  if (trimWhite(pieces.at(-1)!) === '') pieces.pop()
  if (pieces.length === 0 || pieces.length > TAG_LIMIT) return undefined
  const tags = new Map<string, string>()
  for (const piece of pieces) {
    const equals = piece.indexOf('=')
    if (equals < 0) return undefined
    const name = trimWhite(piece.slice(0, equals))
    if (!TAG_NAME.test(name) || tags.has(name)) return undefined
    tags.set(name, trimWhite(piece.slice(equals + 1)))
  }
  return tags
}

/** Without white space anywhere: for values in which folding means nothing (base64, names). */
export function withoutWhite(value: string): string {
  return value.replace(/[ \t\r\n]+/g, '')
}

/** The members of a colon-separated value, trimmed. */
export function colonList(value: string): string[] {
  return value.split(':').map(trimWhite)
}

function trimWhite(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isWhite(text.charCodeAt(start))) start++
  while (end > start && isWhite(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isWhite(code: number): boolean {
  return code === 32 || code === 9 || code === 13 || code === 10
}
