/**
 * Reverse- and forward-paths: `<` optional source route, mailbox `>`.
 *
 * Standards: RFC 5321 §4.1.2 (grammar), §4.1.3 (address literals), §4.5.3.1 (sizes), appendix C and F.2 (source routes
 * are read and ignored); RFC 6531 §3.3 (UTF-8 in local parts and domains).
 * Security: unauthenticated peers feed this. Everything accepted here is safe to send on inside `<>`.
 */
import { isAsciiText, utf8Length } from '../../format/index.ts'

export interface Path {
  /** Without brackets and source route; quoting of the local part kept; `''` for `<>`. */
  address: string
  /** Something in it is not ASCII: only with SMTPUTF8. */
  international: boolean
  /** What follows the path on the line: parameters. */
  rest: string
}

/** Octets of a local part (RFC 5321 §4.5.3.1.1). */
const localPartLimit = 64
/** Octets of a domain (§4.5.3.1.2). */
const domainLimit = 255
/** Octets of a path with its punctuation (§4.5.3.1.3). */
const pathLimit = 256

// RFC 5322 §3.2.3 atext, and UTF-8 beyond ASCII (RFC 6531 §3.3).
const dotString =
  /[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+)*/uy
// qtextSMTP and quoted-pairSMTP (§4.1.2): printable ASCII, `"` and `\` only behind a `\`.
const quotedString = /"(?:[\x20\x21\x23-\x5b\x5d-\x7e\u00a0-\u{10ffff}]|\\[\x20-\x7e])*"/uy
// QUIRK: labels with `_` are outside the grammar but exist in envelope senders; Postfix and Exim take them.
const domainName =
  /[A-Za-z0-9_\u00a0-\u{10ffff}](?:[A-Za-z0-9_\u00a0-\u{10ffff}-]*[A-Za-z0-9_\u00a0-\u{10ffff}])?(?:\.[A-Za-z0-9_\u00a0-\u{10ffff}](?:[A-Za-z0-9_\u00a0-\u{10ffff}-]*[A-Za-z0-9_\u00a0-\u{10ffff}])?)*/uy
// A hop never holds `,` or `@`: there is one way to read a route, and a long one costs no more than its length.
const sourceRoute = /@[^\s:<>",@]+(?:,@[^\s:<>",@]+)*:/y
const literal = /\[[\x21-\x5a\x5e-\x7e]{1,64}\]/y

/**
 * Reads the path that `text` begins with. `reverse` allows `<>`, `forward` allows `<postmaster>` without a domain.
 * Gives undefined when it is not a path, or one that is too long.
 */
export function parsePath(text: string, direction: 'reverse' | 'forward'): Path | undefined {
  if (!text.startsWith('<')) return undefined
  if (text.startsWith('<>')) return direction === 'reverse' ? end(text, 2, '') : undefined
  const start = 1 + (match(sourceRoute, text, 1)?.length ?? 0)
  const localPart = match(quotedString, text, start) ?? match(dotString, text, start)
  if (localPart === undefined) return undefined
  let next = start + localPart.length
  if (text[next] === '>' && direction === 'forward' && localPart.toLowerCase() === 'postmaster')
    return end(text, next + 1, localPart)
  if (text[next] !== '@') return undefined
  next++
  const domain = match(literal, text, next) ?? match(domainName, text, next)
  if (domain === undefined) return undefined
  if (domain.startsWith('[') ? !isAddressLiteral(domain) : !isDomain(domain)) return undefined
  next += domain.length
  // QUIRK: bounce addresses (SRS, VERP) outgrow 64 octets in practice, so a reverse-path only has to fit as a whole.
  if (direction === 'forward' && utf8Length(localPart) > localPartLimit) return undefined
  const address = `${localPart}@${domain}`
  if (text[next] !== '>' || utf8Length(address) + 2 > pathLimit) return undefined
  return end(text, next + 1, address)
}

function end(text: string, next: number, address: string): Path | undefined {
  const rest = text.slice(next)
  if (rest !== '' && rest[0] !== ' ') return undefined
  return { address, international: !isAsciiText(address), rest: rest.trim() }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function isDomain(domain: string): boolean {
  return utf8Length(domain) <= domainLimit && domain.split('.').every((label) => utf8Length(label) <= 63)
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3). No other tag has been registered. */
export function isAddressLiteral(text: string): boolean {
  if (!text.startsWith('[') || !text.endsWith(']')) return false
  const inner = text.slice(1, -1)
  return /^ipv6:/i.test(inner) ? isIpv6(inner.slice(5)) : isIpv4(inner)
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)
}

/** RFC 4291 §2.2: eight groups, or fewer around one `::`; the last two may be dotted. */
function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (const [index, half] of halves.entries()) {
    if (half === '') continue
    const parts = half.split(':')
    for (const [position, part] of parts.entries()) {
      const last = index === halves.length - 1 && position === parts.length - 1
      if (last && part.includes('.')) {
        if (!isIpv4(part)) return false
        groups += 2
      } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups++
      else return false
    }
  }
  return halves.length === 2 ? groups <= 7 && text !== '' : groups === 8
}
