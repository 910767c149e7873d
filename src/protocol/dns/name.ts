/**
 * Domain names as they may be asked for.
 *
 * Standards: RFC 1035 §2.3.4 (label ≤ 63 octets, name ≤ 255), RFC 5321 §2.3.5 (fully qualified).
 */

/**
 * Lower case, one trailing dot removed; undefined when this cannot be a name on the wire. Only ASCII: names in other
 * scripts come as A-labels (RFC 5890). Underscores are allowed for _mta-sts, _dmarc and their like.
 */
export function canonicalName(name: string): string | undefined {
  const bare = (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
  if (bare.length === 0 || bare.length > 253) return undefined
  for (const label of bare.split('.')) {
    if (label.length > 63 || !/^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(label)) return undefined
  }
  return bare
}
