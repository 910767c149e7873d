/**
 * IP addresses as octets: read, compared by prefix, and written for macros.
 *
 * Standards: RFC 4291 §2.2 (text), RFC 5952 (writing it), RFC 7208 §5 (IPv4-mapped addresses are IPv4), §7.3 (nibbles).
 */

/** 4 or 16 octets. */
export type IpAddress = Uint8Array

const DECIMAL = /^(?:0|[1-9]\d{0,2})$/

export function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => DECIMAL.test(part) && Number(part) < 256)) return undefined
  return Uint8Array.from(parts.map(Number))
}

/** Eight groups, `::` for some of them, the last two perhaps as IPv4. */
export function parseIpv6(text: string): IpAddress | undefined {
  if (text.length > 45) return undefined
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const first = groups(head, tail === undefined)
  const last = tail === undefined ? [] : groups(tail, true)
  if (first === undefined || last === undefined) return undefined
  const missing = 16 - first.length - last.length
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined
  return Uint8Array.from([...first, ...Array<number>(missing).fill(0), ...last])
}

/** Groups of 16 bits; `final` when an IPv4 address may end them. */
function groups(text: string, final: boolean): number[] | undefined {
  if (text === '') return []
  const octets: number[] = []
  const parts = text.split(':')
  for (const [at, part] of parts.entries()) {
    const last = final && at === parts.length - 1 ? parseIpv4(part) : undefined
    if (last !== undefined) octets.push(...last)
    else if (/^[0-9a-f]{1,4}$/i.test(part))
      octets.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff)
    else return undefined
  }
  return octets
}

/** A client's address; an IPv4-mapped one comes back as the IPv4 that it is. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const address = parseIpv4(text) ?? parseIpv6(text)
  const mapped = address?.length === 16 && address.subarray(0, 12).every((octet, at) => octet === (at < 10 ? 0 : 0xff))
  return mapped ? address.slice(12) : address
}

/** True when both are of one family and share their first `length` bits. */
export function sharePrefix(a: IpAddress, b: IpAddress, length: number): boolean {
  if (a.length !== b.length) return false
  for (let at = 0, bits = length; bits > 0; at++, bits -= 8) {
    const mask = bits >= 8 ? 0xff : (0xff << (8 - bits)) & 0xff
    if ((a[at]! & mask) !== (b[at]! & mask)) return false
  }
  return true
}

/** The form that people read: dotted, or IPv6 with its longest run of zeros as `::` (RFC 5952 §4). */
export function formatIpAddress(address: IpAddress): string {
  if (address.length === 4) return address.join('.')
  const words = Array.from({ length: 8 }, (_, at) => ((address[2 * at]! << 8) | address[2 * at + 1]!).toString(16))
  let best = { start: 0, length: 1 }
  for (let start = 0, at = 0; at <= 8; at++) {
    if (at < 8 && words[at] === '0') continue
    if (at - start > best.length) best = { start, length: at - start }
    start = at + 1
  }
  if (best.length === 1) return words.join(':')
  return `${words.slice(0, best.start).join(':')}::${words.slice(best.start + best.length).join(':')}`
}

/** Dotted: the parts of an IPv4 address, the nibbles of an IPv6 one (RFC 7208 §7.3, `%{i}`). */
export function dottedAddress(address: IpAddress): string {
  if (address.length === 4) return address.join('.')
  return [...address].flatMap((octet) => [octet >> 4, octet & 15].map((nibble) => nibble.toString(16))).join('.')
}

/** The name at which PTR records of an address are. */
export function reverseName(address: IpAddress): string {
  return `${dottedAddress(address).split('.').reverse().join('.')}.${address.length === 4 ? 'in-addr' : 'ip6'}.arpa`
}
