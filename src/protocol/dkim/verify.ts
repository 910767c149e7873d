/**
 * Verifies the DKIM signatures of a message.
 *
 * Standards: RFC 6376 §6.1, RFC 8301, RFC 8463, RFC 8601 §2.7.1 (the words for the outcome).
 * Limits: `maxSignatures` are verified, from the top; each costs a DNS question, a hash and a key operation.
 * Security: fed by anyone; what a signer wrote is believed only after the signature holds.
 */
import { encodeBase64, equalBytes } from '../../format/index.ts'
import type { DnsResolver } from '../dns/index.ts'
import { BodyHashes } from './body-hash.ts'
import { headerOctets, selectFields } from './header-canonicalization.ts'
import { findKeys } from './key-lookup.ts'
import type { SignedField, SignedMessage } from './message.ts'
import { type DkimSignature, parseSignature } from './signature.ts'
import {
  type CryptoKeyHandle,
  keyAlgorithm,
  type SignatureAlgorithm,
  type SignatureCrypto,
  signedOctets,
} from './signature-crypto.ts'

export interface VerifyPorts {
  dns: Pick<DnsResolver, 'resolve'>
  /** `crypto.subtle` */
  crypto: SignatureCrypto
}

/** RFC 8601 §2.7.1. Without any signature there is no result: that is `none`. */
export type DkimStatus = 'pass' | 'fail' | 'policy' | 'neutral' | 'temperror' | 'permerror'

export interface DkimResult {
  status: DkimStatus
  /** Why it is not a pass, in words for a person. */
  reason?: string
  /** d= and s=, lower case, A-labels; undefined when the signature could not be read so far. */
  domain?: string
  selector?: string
  /** i= as written or implied */
  identity?: string
  algorithm?: string
  /** Beginning of b=, which tells signatures apart (RFC 6008). */
  signaturePrefix?: string
  keyBits?: number
  /** t=y of the key: the domain only tries DKIM out (RFC 6376 §3.6.1). */
  testing: boolean
  /** Octets of the body behind l=: not covered by the signature (RFC 6376 §8.2). */
  unsignedOctets?: number
}

export interface VerifyOptions {
  /** Milliseconds since the epoch, for x=. */
  now: number
  /** Default 10: mail in the wild has up to four. */
  maxSignatures?: number
}

/** One result for each DKIM-Signature field, from top to bottom; a single one when the header is too long to be judged. */
export async function verifyDkim(
  message: SignedMessage,
  options: VerifyOptions,
  ports: VerifyPorts,
): Promise<DkimResult[]> {
  const found = message.fields.filter((field) => field.name.toLowerCase() === 'dkim-signature')
  if (message.truncated && found.length > 0)
    return [{ status: 'permerror', reason: 'the header is too long', testing: false }]
  const bodies = new BodyHashes(message.body, ports.crypto)
  const judged = found.slice(0, options.maxSignatures ?? 10)
  // All questions to the DNS are under way at once.
  return Promise.all(judged.map((field) => verifyField(field, message, bodies, options.now, ports)))
}

async function verifyField(
  field: SignedField,
  message: SignedMessage,
  bodies: BodyHashes,
  now: number,
  ports: VerifyPorts,
): Promise<DkimResult> {
  const parsed = parseSignature(field.value)
  if (!parsed.ok) {
    const { ok: _, ...rest } = parsed
    return { status: 'neutral', testing: false, ...rest }
  }
  const { signature } = parsed
  const { domain, selector, identity, algorithm } = signature
  const about = {
    domain,
    selector,
    identity,
    algorithm,
    signaturePrefix: prefixOf(signature.signature),
    testing: false,
  }
  if (signature.expiresAt !== undefined && signature.expiresAt * 1000 <= now) {
    return { ...about, status: 'fail', reason: 'the signature has expired' }
  }
  return { ...about, ...(await verifyParsed(signature, field, message, bodies, ports)) }
}

type Verdict = Pick<DkimResult, 'status'> & Partial<DkimResult>

async function verifyParsed(
  signature: DkimSignature,
  field: SignedField,
  message: SignedMessage,
  bodies: BodyHashes,
  ports: VerifyPorts,
): Promise<Verdict> {
  const { algorithm, domain, selector } = signature
  if (algorithm === 'rsa-sha1') return { status: 'policy', reason: 'rsa-sha1 proves nothing' }
  const fields = selectFields(message.fields, signature.fieldNames, field)
  const data = headerOctets(signature.header, fields, field)
  const keyed = await verifyOctets(
    { algorithm, domain, selector, signature: signature.signature, data },
    ports,
    (strict) =>
      strict && signature.identityDomain !== domain
        ? 'i= has another domain than d=, and the key is strict'
        : undefined,
  )
  if (keyed.status !== 'pass') return keyed
  const body = await bodies.hash(signature.body, signature.bodyLength)
  if (body === undefined) return { ...keyed, status: 'fail', reason: 'the body is shorter than l=' }
  if (!equalBytes(body.hash, signature.bodyHash)) return { ...keyed, status: 'fail', reason: 'the body was changed' }
  return body.unsigned > 0 ? { ...keyed, unsignedOctets: body.unsigned } : keyed
}

/** Octets that a domain is said to have signed. */
export interface SignedOctets {
  algorithm: SignatureAlgorithm
  domain: string
  selector: string
  signature: Uint8Array
  data: Uint8Array
}

/** Verifies octets by a key in the DNS: what DKIM and ARC have in common. `refuse` may turn a key down by its t=s. */
export async function verifyOctets(
  signed: SignedOctets,
  ports: VerifyPorts,
  refuse: (strict: boolean) => string | undefined = () => undefined,
): Promise<Verdict> {
  const { algorithm, signature } = signed
  const answer = await findKeys(signed.selector, signed.domain, algorithm, ports)
  if (!answer.ok) return { status: answer.status, reason: answer.reason, testing: answer.testing ?? false }
  const data = await signedOctets(ports.crypto, algorithm, signed.data)
  let verdict: Verdict = { status: 'permerror', reason: 'there is no key' }
  for (const { handle, bits, record } of answer.keys) {
    const about = { keyBits: bits, testing: record.testing }
    const refusal = refuse(record.strict)
    if (refusal !== undefined) verdict = { ...about, status: 'permerror', reason: refusal }
    else if (await holds(ports.crypto, algorithm, handle, signature, data)) return { ...about, status: 'pass' }
    else verdict = { ...about, status: 'fail', reason: 'the signature does not hold: the header was changed' }
  }
  return verdict
}

/** A platform may throw where a key or a signature is none at all (even modulus, wrong length): it does not hold then. */
async function holds(
  crypto: SignatureCrypto,
  algorithm: SignatureAlgorithm,
  key: CryptoKeyHandle,
  signature: Uint8Array,
  data: Uint8Array,
): Promise<boolean> {
  try {
    return await crypto.verify(keyAlgorithm(algorithm), key, signature, data)
  } catch {
    return false // a platform may throw for a signature that cannot be one, such as a wrong length
  }
}

function prefixOf(signature: Uint8Array): string {
  return encodeBase64(signature.subarray(0, 6))
}
