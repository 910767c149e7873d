/**
 * The octets of a certificate's public key, as they stand in it.
 *
 * Standards: RFC 5280 §4.1 (the fields of a certificate), RFC 6698 §2.1.2 (selector 1).
 * Security: a stranger's certificate; it was parsed by the TLS library before, and whatever does not fit is undefined.
 */

/** The DER of SubjectPublicKeyInfo. A key written out anew might be encoded in another way than the one that was hashed. */
export function subjectPublicKeyInfo(certificate: Uint8Array): Uint8Array | undefined {
  const outer = element(certificate, 0)
  const body = outer === undefined ? undefined : element(certificate, outer.start)
  if (body === undefined) return undefined
  let at = body.start
  // version [0] is optional; then serialNumber, signature, issuer, validity, subject.
  const fields = certificate[at] === 0xa0 ? 6 : 5
  for (let field = 0; field < fields; field++) {
    const skipped = element(certificate, at)
    if (skipped === undefined) return undefined
    at = skipped.end
  }
  const key = element(certificate, at)
  return key === undefined || key.end > body.end ? undefined : certificate.subarray(at, key.end)
}

/** Where the content of the element at `at` begins and ends. */
function element(bytes: Uint8Array, at: number): { start: number; end: number } | undefined {
  const first = bytes[at + 1]
  if (first === undefined) return undefined
  let start = at + 2
  let length = first
  if (first >= 0x80) {
    const octets = first & 0x7f
    if (octets === 0 || octets > 3) return undefined
    length = 0
    for (const octet of bytes.subarray(start, start + octets)) length = length * 256 + octet
    start += octets
  }
  const end = start + length
  return end > bytes.length ? undefined : { start, end }
}
