/**
 * The public key in the DNS.
 *
 * Standards: RFC 6376 §3.6.1, §6.1.2, RFC 8301 §3.2 (key sizes), RFC 8463 §4.2 (k=ed25519).
 */
import { decodeBase64 } from '../../format/index.ts'
import { colonList, parseTagList, withoutWhite } from './tag-list.ts'

export interface KeyRecord {
  type: 'rsa' | 'ed25519'
  /** p=; empty when the key is revoked */
  key: Uint8Array
  /** h=: the hashes this key may be used with; undefined for all */
  hashes?: string[]
  /** t=y: the domain is trying DKIM out; its mail is not to be treated differently for a failure */
  testing: boolean
  /** t=s: i= must have the very domain of d= */
  strict: boolean
}

/** Reads one TXT record; a reason when it is no key that can be used for mail. */
export function parseKeyRecord(text: string): KeyRecord | string {
  const tags = parseTagList(text)
  if (tags === undefined) return 'the key record is no list of tags'
  if (tags.has('v') && (tags.get('v') !== 'DKIM1' || [...tags.keys()][0] !== 'v'))
    return 'the key record is not v=DKIM1'
  const type = (tags.get('k') ?? 'rsa').toLowerCase()
  if (type !== 'rsa' && type !== 'ed25519') return 'the key record has an unknown k='
  const services = colonList(tags.get('s') ?? '*')
  if (!services.includes('*') && !services.includes('email')) return 'the key is not for mail (s=)'
  const encoded = tags.get('p')
  if (encoded === undefined) return 'the key record has no p='
  const key = decodeBase64(withoutWhite(encoded))
  if (key === undefined) return 'p= is not base64'
  const flags = colonList(tags.get('t') ?? '')
  const hashes = tags.get('h')
  return {
    type,
    key,
    ...(hashes !== undefined && { hashes: colonList(hashes.toLowerCase()) }),
    testing: flags.includes('y'),
    strict: flags.includes('s'),
  }
}
