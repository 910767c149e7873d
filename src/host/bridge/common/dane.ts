/**
 * Checks a server's certificates against the TLSA records of its zone.
 *
 * Standards: RFC 6698 §2.1 (records), RFC 7671 §5 (certificate usages 2 and 3), RFC 7672 §3.1 (SMTP), §3.2.2 (names).
 * Limits: chains of ten certificates. Constraints on names and path lengths within an anchor's chain are not looked at: the
 * anchor is the zone owner's own choice.
 * Security: the certificates are a stranger's. Records come from the queue, which took them from DNSSEC only.
 */
import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { DaneReference, TlsaAssociation } from '../../../delivery/index.ts'
import { subjectPublicKeyInfo } from './certificate-der.ts'
import { TlsVerificationError } from './tls-problem.ts'

export const longestChain = 10

/**
 * Throws TlsVerificationError unless one record fits. `chain` begins with the server's own certificate, each followed by
 * its issuer; `now` in milliseconds since the epoch.
 */
export function verifyDane(chain: readonly X509Certificate[], reference: DaneReference, now: number): void {
  const [own] = chain
  if (own === undefined) throw new TlsVerificationError('validation-failure', 'the server shows no certificate')
  const { records, names } = reference
  // Usage 3 is about this very key: neither names nor dates matter (RFC 7671 §5.1).
  if (records.some((record) => record.usage === 3 && fits(own, record))) return
  const anchors = records.filter(({ usage }) => usage === 2)
  const path = anchors.length === 0 ? undefined : pathToAnchor(chain.slice(0, longestChain), anchors)
  if (path === undefined) {
    throw new TlsVerificationError('validation-failure', 'no TLSA record fits the certificates of the server')
  }
  if (!names.some((name) => own.checkHost(name, { partialWildcards: false }) !== undefined)) {
    throw new TlsVerificationError('certificate-host-mismatch', `the certificate is not for ${names.join(' or ')}`)
  }
  if (path.some((certificate) => now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo))) {
    throw new TlsVerificationError('certificate-expired', 'a certificate of the server is not valid now')
  }
}

/** The certificates from the server's own up to one that a record vouches for, each signed by the next. */
function pathToAnchor(
  chain: readonly X509Certificate[],
  anchors: readonly TlsaAssociation[],
): readonly X509Certificate[] | undefined {
  for (const [at, certificate] of chain.entries()) {
    if (at > 0 && anchors.some((record) => fits(certificate, record))) return chain.slice(0, at + 1)
    // An anchor that the server need not send, since the record holds all of it (RFC 7671 §5.2.2, §5.2.3).
    if (anchors.some((record) => signedByRecord(certificate, record))) return chain.slice(0, at + 1)
    const issuer = chain[at + 1]
    if (issuer === undefined || !issuer.ca || !isIssued(certificate, issuer)) return undefined
  }
  return undefined
}

function isIssued(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && isSigned(certificate, issuer.publicKey)
}

function signedByRecord(certificate: X509Certificate, { selector, matchingType, data }: TlsaAssociation): boolean {
  if (matchingType !== 0) return false
  const bytes = Buffer.from(data, 'base64')
  try {
    if (selector === 1) return isSigned(certificate, createPublicKey({ key: bytes, format: 'der', type: 'spki' }))
    const issuer = new X509Certificate(bytes)
    return issuer.ca && isIssued(certificate, issuer)
  } catch {
    return false // no certificate and no key: the record fits nothing
  }
}

/** Keys of kinds that the certificate was not signed by throw. */
function isSigned(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key)
  } catch {
    return false
  }
}

function fits(certificate: X509Certificate, { selector, matchingType, data }: TlsaAssociation): boolean {
  const part = selector === 0 ? certificate.raw : selector === 1 ? subjectPublicKeyInfo(certificate.raw) : undefined
  if (part === undefined) return false
  if (matchingType === 0) return Buffer.from(part).toString('base64') === data
  if (matchingType !== 1 && matchingType !== 2) return false
  return (
    createHash(matchingType === 1 ? 'sha256' : 'sha512')
      .update(part)
      .digest('base64') === data
  )
}
