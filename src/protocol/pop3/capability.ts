/**
 * What CAPA lists, and LANG.
 *
 * Standards: RFC 2449 §5, §6; RFC 2595 §4 (STLS); RFC 5034 §3 (SASL); RFC 3206 §6 (AUTH-RESP-CODE); RFC 6856 §2, §3.
 *
 * `LOGIN-DELAY 0`: a client may come back at once. `EXPIRE NEVER`: nothing is deleted because it is old or was read.
 */
import { Pop3Error } from './error.ts'

export interface Pop3Setting {
  /** `available`: STLS is offered; `none`: there is no certificate. */
  readonly tls: 'active' | 'available' | 'none'
  /** What AUTH takes as things are; none where passwords may not be sent: without TLS, and not from loopback. */
  readonly mechanisms: readonly string[]
}

/** The whole answer to CAPA. The same before and after the login, as RFC 2449 wants of all of these. */
export function capabilities({ tls, mechanisms }: Pop3Setting): string {
  const lines = ['TOP', 'UIDL', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING', 'LOGIN-DELAY 0', 'EXPIRE NEVER']
  if (mechanisms.length > 0) lines.push('USER', `SASL ${mechanisms.join(' ')}`)
  if (tls === 'available') lines.push('STLS')
  lines.push('UTF8 USER', 'LANG', 'IMPLEMENTATION facteur')
  return `+OK Capability list follows\r\n${lines.join('\r\n')}\r\n.\r\n`
}

/** The whole answer to LANG: texts are English, which is also what `i-default` and `*` mean (RFC 6856 §3). */
export function language(tag: string | undefined): string {
  if (tag === undefined) return '+OK Language listing follows\r\ni-default Default (English)\r\nen English\r\n.\r\n'
  const chosen = tag === '*' ? 'i-default' : tag.toLowerCase()
  if (chosen !== 'en' && chosen !== 'i-default') throw new Pop3Error('There is no such language')
  return `+OK ${chosen} Texts are English\r\n`
}
