/** Keys and a DNS for tests of signatures. */
import { encodeUtf8, prependFields } from '../../../src/format/index.ts'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import {
  generateKeyPair,
  importSigningKey,
  readSignedMessage,
  type SignatureAlgorithm,
  type SignOptions,
  signDkim,
  type SigningKey,
  verifyDkim,
} from '../../../src/protocol/dkim/index.ts'

export const now = Date.parse('2026-11-23T08:00:00Z')

export function dnsOf(records: Record<string, string | readonly string[]>): MemoryDns {
  const dns = new MemoryDns()
  for (const [name, text] of Object.entries(records))
    dns.set(name, { TXT: typeof text === 'string' ? [text] : [...text] })
  return dns
}

export interface Signer {
  keys: SigningKey[]
  /** Selector → TXT record. */
  records: Record<string, string>
  privateKeys: Record<string, Uint8Array>
}

/** Fresh keys: the selector is the algorithm's first word. */
export async function newSigner(...algorithms: SignatureAlgorithm[]): Promise<Signer> {
  const signer: Signer = { keys: [], records: {}, privateKeys: {} }
  for (const algorithm of algorithms) {
    const pair = await generateKeyPair(algorithm, crypto.subtle)
    const selector = algorithm.split('-')[0]!
    signer.keys.push(await importSigningKey({ selector, algorithm, privateKey: pair.privateKey }, crypto.subtle))
    signer.records[selector] = pair.record
    signer.privateKeys[selector] = pair.privateKey
  }
  return signer
}

export function published(signer: Signer, domain: string): MemoryDns {
  const named = Object.entries(signer.records).map(([selector, text]) => [`${selector}._domainkey.${domain}`, text])
  return dnsOf(Object.fromEntries(named))
}

export async function sign(raw: Uint8Array, signer: Signer, options: Partial<SignOptions> = {}): Promise<Uint8Array> {
  const all = { domain: 'example.com', keys: signer.keys, now, ...options }
  return prependFields(raw, await signDkim(readSignedMessage(raw), all, crypto.subtle))
}

export function verify(raw: Uint8Array | readonly Uint8Array[], dns: MemoryDns, at = now) {
  return verifyDkim(readSignedMessage(raw), { now: at }, { dns, crypto: crypto.subtle })
}

export const letter = encodeUtf8(
  [
    'Received: from a.example by b.example; Mon, 23 Nov 2026 07:59:00 +0000',
    'From: Anna <anna@example.com>',
    'To: Bert <bert@example.net>',
    'Subject: The quarterly',
    '\treport',
    'Date: Mon, 23 Nov 2026 07:58:00 +0000',
    'Message-ID: <1@example.com>',
    'List-Unsubscribe: <https://example.com/u>',
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
    '',
    'Hello  Bert,',
    '',
    'here it is. ',
    '',
    '',
  ].join('\r\n'),
)
