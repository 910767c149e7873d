/**
 * Addresses that a stranger's DNS must not make us dial.
 *
 * Standards: RFC 6890 (special-purpose addresses), RFC 1122 §3.2.1.3, RFC 1918, RFC 6598, RFC 4291 §2.5, RFC 4193.
 * Security: anyone can publish MX or A records that point at our own machine, or at one beside it.
 */

/**
 * True for addresses of this machine and of networks that are not everybody's: loopback, link-local, private and shared ones,
 * whatever wraps them; and for multicast, reserved ones, and what is no address.
 */
export function isPrivateAddress(address: string): boolean {
  const bytes = v4(address)
  if (bytes !== undefined) return isPrivateV4(bytes)
  const groups = expand(address.toLowerCase())
  if (groups === undefined) return true
  // What has zeros in front of its last two groups is ::, ::1 or of a form that is used no more (RFC 4291 §2.5.5.1).
  if (groups.slice(0, 6).every((group) => group === 0)) return true
  const embedded = embeddedV4(groups)
  if (embedded !== undefined) return isPrivateV4(embedded)
  const head = groups[0] as number
  // ff00::/8 multicast, fe80::/10 link-local, fec0::/10 site-local as it was, fc00::/7 unique local (RFC 4193).
  return (head & 0xff00) === 0xff00 || (head & 0xff80) === 0xfe80 || (head & 0xfe00) === 0xfc00
}

function isPrivateV4(bytes: readonly number[]): boolean {
  const [a, b, c] = bytes as [number, number, number]
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true
  if (a === 100) return b >= 64 && b <= 127
  if (a === 169) return b === 254
  if (a === 172) return b >= 16 && b <= 31
  return a === 192 && (b === 168 || (b === 0 && c === 0))
}

export function v4(address: string): number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return undefined
  const bytes = address.split('.').map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

/** The eight groups of an IPv6 address; undefined when it is none. */
export function expand(address: string): number[] | undefined {
  let text = address
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (embedded !== null) {
    const bytes = v4(embedded[2] as string)
    if (bytes === undefined) return undefined
    const [a, b, c, d] = bytes as [number, number, number, number]
    text = `${embedded[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const left = groupsOf(halves[0])
  const right = groupsOf(halves[1])
  const missing = 8 - left.length - right.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...left, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => '0'), ...right]
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => parseInt(group, 16))
    : undefined
}

function groupsOf(half: string | undefined): string[] {
  return half === undefined || half === '' ? [] : half.split(':')
}

/** True for addresses that anyone on the Internet may have: none of RFC 6890's special purposes, whatever wraps them. */
export function isPublicAddress(address: string): boolean {
  const bytes = v4(address)
  if (bytes !== undefined) return isPublicV4(bytes)
  const groups = expand(address.toLowerCase())
  if (groups === undefined) return false
  const embedded = embeddedV4(groups)
  if (embedded !== undefined) return isPublicV4(embedded)
  const [first, second] = groups as [number, number]
  // Global unicast is 2000::/3; in it 2001::/23 is for protocols (Teredo among them) and 2001:db8::/32, 3fff::/20 for examples.
  if (first >> 13 !== 1) return false
  if (first === 0x2001) return second > 0x1ff && second !== 0xdb8
  return !(first === 0x3fff && second < 0x1000)
}

function isPublicV4(bytes: readonly number[]): boolean {
  const [a, b, c] = bytes as [number, number, number]
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false
  if (a === 100) return b < 64 || b > 127
  if (a === 169) return b !== 254
  if (a === 172) return b < 16 || b > 31
  if (a === 192) return !(b === 168 || (b === 0 && (c === 0 || c === 2)) || (b === 88 && c === 99))
  if (a === 198) return !(b === 18 || b === 19 || (b === 51 && c === 100))
  return !(a === 203 && b === 0 && c === 113)
}

/** Of ::ffff:0:0/96 (mapped), 64:ff9b::/96 (NAT64, RFC 6052) and 2002::/16 (6to4, RFC 3056). */
function embeddedV4(groups: readonly number[]): number[] | undefined {
  const octets = (from: number) =>
    [from, from + 1].flatMap((at) => [(groups[at] as number) >> 8, (groups[at] as number) & 255])
  if (groups[0] === 0x2002) return octets(1)
  const prefix = groups.slice(0, 6).join()
  return prefix === '0,0,0,0,0,65535' || prefix === '100,65435,0,0,0,0' ? octets(6) : undefined
}
