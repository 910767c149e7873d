/**
 * The first words of a message, for a list.
 *
 * Standards: RFC 8621 §4.1.4 `preview`; RFC 3676 (flowed text is read as paragraphs).
 * Limits: looks at the beginning of the body only, further only when the beginning shows nothing (a long style sheet).
 */
import { isAsciiText } from '../bytes/bytes.ts'
import { decodeTextPrefix } from '../text/body-text.ts'
import { unflowed } from '../text/flowed.ts'
import { htmlToText } from '../text/html.ts'
import type { BodyParts } from './body-parts.ts'
import type { StoredPart } from './part.ts'

const LENGTH = 256
/** Octets of a body that are looked at first, how many times more when they show too little, and at most. */
const FIRST_LOOK = 1024
const FURTHER = 4
const LAST_LOOK = 64 * 1024
/** Characters in which HTML gets a chance to fill the preview after white space and filling have gone. */
const TEXT_WANTED = 2 * LENGTH

export function previewOf(raw: Uint8Array, parts: BodyParts): string {
  const seen = new Set<StoredPart>()
  let preview = ''
  for (const part of [...parts.textBody, ...parts.htmlBody]) {
    if (preview.length >= LENGTH || part.type !== 'text' || seen.has(part)) continue
    // The HTML half of an alternative is looked at only when the plain half shows nothing.
    if (preview !== '' && !parts.textBody.includes(part)) break
    seen.add(part)
    const text = partPreview(raw, part)
    preview = preview === '' ? text : `${preview} ${text}`
  }
  return cut(preview)
}

function partPreview(raw: Uint8Array, part: StoredPart): string {
  const size = part.bodyEnd - part.bodyStart
  for (let octets = FIRST_LOOK; ; octets = Math.min(octets * FURTHER, LAST_LOOK)) {
    const text = squeeze(lookAt(raw, part, octets), part)
    if (text.length >= LENGTH || octets >= size || octets === LAST_LOOK) return text
  }
}

function lookAt(raw: Uint8Array, part: StoredPart, octets: number): string {
  const text = decodeTextPrefix(raw, part, octets)
  return part.subtype === 'html' ? htmlToText(text, TEXT_WANTED) : unflowed(text, part)
}

/** Characters that senders use to fill the preview, or that show nothing: soft hyphen, joiners, marks, byte order. */
// each stands for itself
const INVISIBLE = /[\u034f\u17b4\u17b5\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g

/** On one line, what is quoted left out unless there is nothing else. */
function squeeze(text: string, part: StoredPart): string {
  const own = part.subtype === 'html' ? text : withoutQuotes(text)
  return oneLine(own) || oneLine(text)
}

function oneLine(text: string): string {
  const visible = isAsciiText(text) ? text : text.replace(INVISIBLE, '')
  // A single space, which is most white space, stays as it is: nothing is made anew for it. Control characters are the point.
  return visible
    .replace(/ [\0-\x20\x7f-\xa0\u2028\u2029]+|[\0-\x1f\x7f-\xa0\u2028\u2029][\0-\x20\x7f-\xa0\u2028\u2029]*/g, ' ')
    .trim()
}

/** Lines of someone else (RFC 3676 §4.5), and the line that says whose they are. */
function withoutQuotes(text: string): string {
  if (!text.startsWith('>') && !text.includes('\n>')) return text
  return text.replace(/(?:^[^\n]{1,200}:[ \t]*\n(?:[ \t]*\n)?)?(?:^>[^\n]*(?:\n|$))+/gm, '\n')
}

/** Not through the middle of a surrogate pair. */
function cut(text: string): string {
  if (text.length <= LENGTH) return text
  const last = text.charCodeAt(LENGTH - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? LENGTH - 1 : LENGTH)
}
