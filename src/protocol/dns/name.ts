/**
 * Domain names as they may be asked for.
 *
 * Standards: RFC 1035 §2.3.4 (label ≤ 63 octets, name ≤ 255), RFC 5321 §2.3.5 (fully qualified), RFC 2181 §11 (labels of
 * any octets).
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

/**
 * As `canonicalName`, for a question: labels may hold any printable ASCII, since the DNS sets no rule for them and SPF
 * makes names of local parts (RFC 7208 §7).
 */
export function questionName(name: string): string | undefined {
  const bare = (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
  if (bare.length === 0 || bare.length > 253 || !/^[ -~]+$/.test(bare)) return undefined
  return bare.split('.').every((label) => label.length > 0 && label.length <= 63) ? bare : undefined
}
