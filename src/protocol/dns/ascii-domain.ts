/**
 * Domain names as mail carries them, in the one spelling that the DNS is asked by.
 *
 * Standards: RFC 5890 (A-labels), RFC 8616 (U-labels in SPF, DKIM and DMARC are looked up as A-labels).
 */
import { isAsciiText } from '../../format/index.ts'
import { canonicalName } from './name.ts'

/** `name` (Unicode text) in lower case and A-labels, without a final dot; undefined when it is no name. */
export function asciiDomain(name: string): string | undefined {
  if (name.length > 255) return undefined
  return canonicalName(isAsciiText(name) ? name : toAscii(name))
}

function toAscii(name: string): string {
  // What would end the host of a URL is no part of a name.
  if (/[\0-,/:-@[-^`{-\x7f]/.test(name)) return ''
  const url = `http://${name}`
  return URL.canParse(url) ? new URL(url).hostname : ''
}

/** True when `name` is `parent` or below it. Both in lower case. */
export function isWithin(name: string, parent: string): boolean {
  return name === parent || name.endsWith(`.${parent}`)
}
