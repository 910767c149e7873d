/**
 * Whether a URL may be pushed to.
 *
 * Standards: RFC 8620 §7.2 (https only), §8.6 (no requests into our own network); RFC 6761, RFC 8375, RFC 9476 and ICANN's
 * `internal` (names that are never public).
 * Security: the URL is a client's, and we are the ones who connect. Names that lead to private addresses are the host's to
 * refuse when it connects: only then is the address known that is really used.
 */
import { isPublicAddress } from '../../../delivery/index.ts'

/** Push services use up to about 500 characters. */
const maxLength = 2048
const privateNames = [
  'localhost',
  'local',
  'internal',
  'home.arpa',
  'test',
  'example',
  'invalid',
  'onion',
  'alt',
  'lan',
]

/** Why not, in one sentence; undefined: it may. */
export function pushUrlProblem(text: string, allowsPrivate: boolean): string | undefined {
  if (text.length > maxLength) return `The URL is longer than ${maxLength} characters.`
  if (!/^https:\/\//i.test(text) || !URL.canParse(text)) return 'The URL does not begin with "https://".'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'The URL holds credentials.'
  if (allowsPrivate || isPublicHost(url.hostname)) return undefined
  return 'The URL does not lead to the public Internet.'
}

function isPublicHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '')
  if (host.startsWith('[')) return isPublicAddress(host.slice(1, -1))
  // The URL parser has turned every form of an IPv4 address into four decimal numbers.
  if (/^[\d.]+$/.test(host)) return isPublicAddress(host)
  return host.includes('.') && !privateNames.some((name) => host === name || host.endsWith(`.${name}`))
}
