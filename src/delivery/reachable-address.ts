/**
 * Addresses that a stranger's DNS must not make us dial.
 *
 * Standards: RFC 6890 (special-purpose addresses), RFC 1122 §3.2.1.3, RFC 4291 §2.5.
 * Security: anyone can publish MX or A records that point at our own machine.
 */

/** True for loopback, unspecified, link-local, multicast and reserved addresses. Private networks stay reachable. */
export function isUnreachable(address: string): boolean {
  const bytes = v4(address.replace(/^::ffff:(?=\d+\.)/i, ''))
  if (bytes !== undefined) {
    const [first, second] = bytes as [number, number]
    return first === 0 || first === 127 || first >= 224 || (first === 169 && second === 254)
  }
  const text = address.toLowerCase()
  if (!text.includes(':')) return true
  // Shortest forms are what the DNS codec writes; anything that expands to zeros but for the last group is ::, ::1 or v4-compatible.
  const groups = expand(text)
  if (groups === undefined) return true
  const head = groups[0] as number
  if ((head & 0xff00) === 0xff00 || (head & 0xffc0) === 0xfe80) return true
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return isUnreachable([6, 7].flatMap((i) => [(groups[i] as number) >> 8, (groups[i] as number) & 255]).join('.'))
  }
  return groups.slice(0, 6).every((group) => group === 0)
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
