/**
 * The DKIM-Signature field, read and checked.
 *
 * Standards: RFC 6376 §3.5 (tags), §6.1.1 (what makes one invalid), RFC 8301 §3.1 (rsa-sha1), RFC 8463, RFC 8616.
 * Security: fed by anyone who writes mail.
 */
import { decodeBase64, decodeUtf8, fromLatin1 } from '../../format/index.ts'
import { asciiDomain, isWithin } from '../dns/index.ts'
import type { Canonicalization } from './body-canonicalization.ts'
import type { SignatureAlgorithm } from './signature-crypto.ts'
import { colonList, parseTagList, type TagList, withoutWhite } from './tag-list.ts'

export interface DkimSignature {
  algorithm: SignatureAlgorithm | 'rsa-sha1'
  /** d=, lower case, A-labels */
  domain: string
  /** s= */
  selector: string
  /** i= as written, or `@` and the domain. */
  identity: string
  /** The domain of i=, lower case. */
  identityDomain: string
  /** h= */
  fieldNames: string[]
  header: Canonicalization
  body: Canonicalization
  /** l=, octets of the canonical body */
  bodyLength?: number
  /** t= and x=, seconds since the epoch */
  signedAt?: number
  expiresAt?: number
  bodyHash: Uint8Array
  signature: Uint8Array
}

export type ParsedSignature =
  | { ok: true; signature: DkimSignature }
  /** `domain`, `selector` as far as they could be read, for the record. */
  | { ok: false; reason: string; domain?: string; selector?: string }

/** More names than any header has fields that matter. */
const FIELD_NAME_LIMIT = 500

/** Reads a field's value (latin1-of-bytes, folded). */
export function parseSignature(value: string): ParsedSignature {
  const tags = parseTagList(value)
  if (tags === undefined) return { ok: false, reason: 'the signature is no list of tags' }
  const domain = domainOf(tags.get('d') ?? '')
  const selector = domainOf(tags.get('s') ?? '')
  const refuse = (reason: string): ParsedSignature => ({
    ok: false,
    reason,
    ...(domain !== undefined && { domain }),
    ...(selector !== undefined && { selector }),
  })
  for (const tag of ['v', 'a', 'b', 'bh', 'd', 'h', 's']) if (!tags.has(tag)) return refuse(`${tag}= is missing`)
  if (tags.get('v') !== '1') return refuse('v= is not 1')
  if (domain === undefined) return refuse('d= is not a domain name')
  if (selector === undefined) return refuse('s= is not a domain name')
  const signed = readSignedPart(tags)
  if (typeof signed === 'string') return refuse(signed)
  if (!signed.fieldNames.some((name) => name.toLowerCase() === 'from')) return refuse('h= does not cover From')
  const identity = tags.get('i') ?? `@${domain}`
  const address = decoded(identity)
  const identityDomain = domainOf(address.slice(address.lastIndexOf('@') + 1))
  if (!address.includes('@') || identityDomain === undefined || !isWithin(identityDomain, domain)) {
    return refuse('i= is not within d=')
  }
  if (!colonList(tags.get('q') ?? 'dns/txt').includes('dns/txt')) return refuse('q= names no way to find the key')
  const times = readTimes(tags)
  if (typeof times === 'string') return refuse(times)
  return { ok: true, signature: { ...signed, ...times, domain, selector, identity, identityDomain } }
}

/** dkim-quoted-printable (§2.11): whatever it hides, a domain name comes out of it or nothing. */
function decoded(value: string): string {
  return withoutWhite(value).replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** A name in a tag, which is latin1-of-bytes (RFC 8616 §4). */
export function domainOf(value: string): string | undefined {
  return asciiDomain(decodeUtf8(fromLatin1(value)))
}

type SignedPart = Pick<
  DkimSignature,
  'algorithm' | 'fieldNames' | 'header' | 'body' | 'bodyLength' | 'bodyHash' | 'signature'
>

/** What DKIM-Signature and ARC-Message-Signature have in common; a reason when it is broken. */
export function readSignedPart(tags: TagList): SignedPart | string {
  const algorithm = tags.get('a')?.toLowerCase()
  if (algorithm !== 'rsa-sha256' && algorithm !== 'ed25519-sha256' && algorithm !== 'rsa-sha1') {
    return 'a= names an unknown algorithm'
  }
  const fieldNames = colonList(tags.get('h') ?? '')
  if (fieldNames.length > FIELD_NAME_LIMIT) return 'h= is too long'
  if (!fieldNames.every((name) => /^[!-9<-~]+$/.test(name))) return 'h= holds what is no field name'
  const [header = '', body = 'simple', ...more] = (tags.get('c') ?? 'simple').toLowerCase().split('/')
  if (!isCanonicalization(header) || !isCanonicalization(body) || more.length > 0) {
    return 'c= names an unknown canonicalization'
  }
  const bodyHash = decodeBase64(withoutWhite(tags.get('bh') ?? ''))
  if (bodyHash === undefined || bodyHash.length === 0) return 'bh= is not base64'
  const signature = decodeBase64(withoutWhite(tags.get('b') ?? ''))
  if (signature === undefined || signature.length === 0) return 'b= is not base64'
  const length = tags.get('l')
  if (length !== undefined && !/^\d{1,76}$/.test(length)) return 'l= is not a number'
  return {
    algorithm,
    fieldNames,
    header,
    body,
    ...(length !== undefined && { bodyLength: Number(length) }),
    bodyHash,
    signature,
  }
}

/** t= and x= (RFC 6376 §3.5); a reason when they are broken. */
export function readTimes(tags: TagList): Pick<DkimSignature, 'signedAt' | 'expiresAt'> | string {
  const [signedAt, expiresAt] = [tags.get('t'), tags.get('x')]
  if (signedAt !== undefined && !/^\d{1,12}$/.test(signedAt)) return 't= is not a time'
  if (expiresAt !== undefined && !/^\d{1,12}$/.test(expiresAt)) return 'x= is not a time'
  if (signedAt !== undefined && expiresAt !== undefined && Number(expiresAt) <= Number(signedAt)) {
    return 'x= is not after t='
  }
  return {
    ...(signedAt !== undefined && { signedAt: Number(signedAt) }),
    ...(expiresAt !== undefined && { expiresAt: Number(expiresAt) }),
  }
}

function isCanonicalization(name: string): name is Canonicalization {
  return name === 'simple' || name === 'relaxed'
}
