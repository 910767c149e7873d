/**
 * From a signature's selector to a key that may verify it.
 *
 * Standards: RFC 6376 §3.6.2 (where keys are), §6.1.2 (what a key must satisfy), RFC 8301 §3.2.
 * Limits: of several records at one name the first four are looked at.
 */
import type { DnsResolver } from '../dns/index.ts'
import { type KeyRecord, parseKeyRecord } from './key-record.ts'
import { readRsaKey, unfitRsaSize } from './public-key.ts'
import {
  type CryptoKeyHandle,
  keyAlgorithm,
  type SignatureAlgorithm,
  type SignatureCrypto,
} from './signature-crypto.ts'

export interface VerifyingKey {
  handle: CryptoKeyHandle
  bits: number
  record: KeyRecord
}

export type KeyAnswer =
  | { ok: true; keys: VerifyingKey[] }
  | { ok: false; status: 'temperror' | 'permerror' | 'policy'; reason: string; testing?: boolean }

const RECORD_LIMIT = 4

/** The keys at `selector._domainkey.domain` that fit `algorithm`. There is more than one only in a broken zone. */
export async function findKeys(
  selector: string,
  domain: string,
  algorithm: SignatureAlgorithm,
  ports: { dns: Pick<DnsResolver, 'resolve'>; crypto: SignatureCrypto },
): Promise<KeyAnswer> {
  const answer = await ports.dns.resolve(`${selector}._domainkey.${domain}`, 'TXT')
  if (answer.status === 'failed')
    return { ok: false, status: 'temperror', reason: `no answer from the DNS for the key` }
  if (answer.status !== 'found') return { ok: false, status: 'permerror', reason: 'there is no key' }
  const keys: VerifyingKey[] = []
  let problem: KeyAnswer | undefined
  for (const text of answer.records.slice(0, RECORD_LIMIT)) {
    const read = await readKey(text, algorithm, ports.crypto)
    if ('handle' in read) keys.push(read)
    else problem ??= { ok: false, ...read }
  }
  return keys.length === 0 && problem !== undefined ? problem : { ok: true, keys }
}

type Unfit = { status: 'permerror' | 'policy'; reason: string; testing?: boolean }

async function readKey(
  text: string,
  algorithm: SignatureAlgorithm,
  crypto: SignatureCrypto,
): Promise<VerifyingKey | Unfit> {
  const record = parseKeyRecord(text)
  if (typeof record === 'string') return { status: 'permerror', reason: record }
  const { testing } = record
  if (record.key.length === 0) return { status: 'permerror', reason: 'the key is revoked', testing }
  if (`${record.type}-sha256` !== algorithm)
    return { status: 'permerror', reason: 'the key is for another algorithm', testing }
  if (record.hashes !== undefined && !record.hashes.includes('sha256')) {
    return { status: 'permerror', reason: 'the key is not for sha256 (h=)', testing }
  }
  const material = keyMaterial(record)
  if (typeof material === 'string') return { status: 'permerror', reason: material, testing }
  const unfit = record.type === 'rsa' ? unfitRsaSize(material.bits) : undefined
  if (unfit !== undefined) return { status: 'policy', reason: unfit, testing }
  try {
    const format = record.type === 'rsa' ? 'spki' : 'raw'
    const handle = await crypto.importKey(format, material.octets, keyAlgorithm(algorithm), false, ['verify'])
    return { handle, bits: material.bits, record }
  } catch {
    // The platform refuses what is no point on the curve, an even exponent and the like.
    return { status: 'permerror', reason: 'p= is no key', testing }
  }
}

function keyMaterial(record: KeyRecord): { octets: Uint8Array; bits: number } | string {
  if (record.type === 'ed25519') {
    return record.key.length === 32 ? { octets: record.key, bits: 256 } : 'p= is no Ed25519 key'
  }
  const key = readRsaKey(record.key)
  return key === undefined ? 'p= is no RSA key' : { octets: key.spki, bits: key.bits }
}
