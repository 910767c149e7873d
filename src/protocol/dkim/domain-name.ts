/**
 * Domain names in tags: what may be asked of the DNS, and A-labels for those in other scripts.
 *
 * Standards: RFC 6376 §3.5 (d=, s=), RFC 8616 §4 (U-labels are looked up as A-labels), RFC 5890.
 */
import { decodeUtf8, fromLatin1, isAsciiText } from '../../format/index.ts'

const LABELS = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/

/** A tag's value (latin1-of-bytes) in lower case and A-labels; undefined when it is no name. */
export function asciiDomain(value: string): string | undefined {
  if (value.length > 255) return undefined
  const name = (isAsciiText(value) ? value : toAscii(decodeUtf8(fromLatin1(value)))).toLowerCase()
  return LABELS.test(name) && name.split('.').every((label) => label.length <= 63) ? name : undefined
}

function toAscii(name: string): string {
  if (/[\0-,/:-@[-^`{-\x7f]/.test(name)) return ''
  const url = `http://${name}`
  return URL.canParse(url) ? new URL(url).hostname : ''
}

/** True when `name` is `parent` or below it. Both in lower case. */
export function isWithin(name: string, parent: string): boolean {
  return name === parent || name.endsWith(`.${parent}`)
}
