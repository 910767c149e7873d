/** Signatures inside workerd: its `crypto.subtle` is not Node's. */
import { expect, test } from 'vitest'
import { encodeUtf8, prependFields } from '../../../src/format/index.ts'
import {
  generateKeyPair,
  importSigningKey,
  readSignedMessage,
  signDkim,
  verifyDkim,
  type VerifyPorts,
} from '../../../src/protocol/dkim/index.ts'
import { rfc6376, rfc8463, rfcKeys } from '../../protocol/dkim/rfc-examples.ts'

function portsWith(records: Readonly<Record<string, string>>): VerifyPorts {
  const dns = {
    async resolve(name: string) {
      const text = records[name]
      if (text === undefined) return { status: 'nxdomain', ttl: 60, authentic: false }
      return { status: 'found', records: [text], name, ttl: 60, authentic: false }
    },
  } as VerifyPorts['dns']
  return { dns, crypto: crypto.subtle }
}

test('the examples of RFC 6376 and RFC 8463 verify', async () => {
  const ports = portsWith(rfcKeys)
  const results = [
    ...(await verifyDkim(readSignedMessage(rfc6376), { now: 0 }, ports)),
    ...(await verifyDkim(readSignedMessage(rfc8463), { now: 0 }, ports)),
  ]
  expect(results.map(({ status, algorithm }) => [status, algorithm])).toEqual([
    ['pass', 'rsa-sha256'],
    ['pass', 'ed25519-sha256'],
    ['pass', 'rsa-sha256'],
  ])
})

test.each(['rsa-sha256', 'ed25519-sha256'] as const)(
  'a key made here signs, and its record verifies: %s',
  async (algorithm) => {
    const { privateKey, record } = await generateKeyPair(algorithm, crypto.subtle)
    const key = await importSigningKey({ selector: 's', algorithm, privateKey }, crypto.subtle)
    const raw = encodeUtf8('From: a@example.com\r\nSubject: x\r\n\r\nHello\r\n')
    const options = { domain: 'example.com', keys: [key], now: 0 }
    const signed = prependFields(raw, await signDkim(readSignedMessage(raw), options, crypto.subtle))
    const ports = portsWith({ 's._domainkey.example.com': record })
    const keyBits = algorithm === 'rsa-sha256' ? 2048 : 256
    expect(await verifyDkim(readSignedMessage(signed), { now: 0 }, ports)).toMatchObject([{ status: 'pass', keyBits }])
    signed[signed.length - 4]! ^= 1
    expect(await verifyDkim(readSignedMessage(signed), { now: 0 }, ports)).toMatchObject([{ status: 'fail', keyBits }])
  },
)

const rsaKey = /p=(.*)/.exec(rfcKeys['test._domainkey.football.example.com'])![1]!
const der = Uint8Array.from(atob(rsaKey), (char) => char.charCodeAt(0))

/** The key with one octet changed, counted from its end. */
function withOctet(fromEnd: number, value: number): string {
  const changed = der.slice()
  changed[changed.length - fromEnd] = value
  return btoa(String.fromCharCode(...changed))
}

test.each([
  ['an exponent of 1', withOctet(3, 0)],
  ['an even exponent', withOctet(1, 2)],
  ['an even modulus', withOctet(6, 0)],
  ['an empty modulus', 'MAYCAQACAQM='],
])('a key that is none is a result, not an exception: %s', async (_, key) => {
  const records = { ...rfcKeys, 'test._domainkey.football.example.com': `p=${key}` }
  const results = await verifyDkim(readSignedMessage(rfc8463), { now: 0 }, portsWith(records))
  expect(results[0]?.status).toBe('pass')
  expect(['fail', 'permerror', 'policy']).toContain(results[1]?.status)
})

test('a signature of the wrong length fails', async () => {
  const text = new TextDecoder()
    .decode(rfc8463)
    .replace('Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==', '')
    .replace('dA+L10TeYt9B', '')
  const results = await verifyDkim(readSignedMessage(encodeUtf8(text)), { now: 0 }, portsWith(rfcKeys))
  expect(results.map(({ status }) => status)).toEqual(['fail', 'fail'])
})
