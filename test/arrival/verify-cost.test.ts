/** What verifying costs, counted in questions to the DNS and operations of the platform's crypto. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { VerifierOptions } from '../../src/arrival/index.ts'
import { encodeUtf8 } from '../../src/format/index.ts'
import { newSigner, sign, type Signer } from '../protocol/dkim/world.ts'
import { fromAlice, fromOutside, letterFrom, VerifyingWorld } from './verifying.ts'

let signer: Signer
beforeAll(async () => {
  signer = await newSigner('rsa-sha256', 'ed25519-sha256')
})

let calls: string[] = []
/** `crypto.subtle`, which tells what it is asked for. */
const counted = new Proxy(crypto.subtle, {
  get: (subtle, name: 'digest' | 'importKey' | 'verify') => {
    return (...parameters: unknown[]) => {
      calls.push(name)
      return (subtle[name] as (...all: unknown[]) => Promise<unknown>).apply(subtle, parameters)
    }
  },
}) as unknown as VerifierOptions['crypto']

beforeEach(() => {
  calls = []
})

async function costs(raw: Uint8Array, origin = fromOutside, reversePath = 'boss@example.com') {
  const world = new VerifyingWorld({ crypto: counted })
  world.publish('example.com', 'p=reject')
  for (const [selector, text] of Object.entries(signer.records))
    world.dns.set(`${selector}._domainkey.example.com`, { TXT: [text] })
  calls = []
  expect(await world.send(raw, origin, reversePath, 'alice@facteur.test', 'bob@facteur.test')).toMatchObject({
    code: 250,
  })
  return { crypto: calls.sort(), dns: world.dns.asked.sort() }
}

const plain = encodeUtf8(letterFrom('example.com'))
const always = ['PTR 7.2.0.192.in-addr.arpa', 'TXT _dmarc.com', 'TXT _dmarc.example.com', 'TXT example.com']

test('a message without signatures: four questions', async () => {
  expect(await costs(plain)).toEqual({ crypto: [], dns: always })
})

test('a signature by RSA: a question, a key, a hash of the body, one verification', async () => {
  const raw = await sign(plain, { ...signer, keys: [signer.keys[0]!] })
  expect(await costs(raw)).toEqual({
    crypto: ['digest', 'importKey', 'verify'],
    dns: [...always, 'TXT rsa._domainkey.example.com'].sort(),
  })
})

test('one by Ed25519 as well: the body is hashed once', async () => {
  expect((await costs(await sign(plain, signer))).crypto).toEqual([
    'digest',
    'digest', // of the header: Ed25519 signs a hash (RFC 8463 §3)
    'importKey',
    'importKey',
    'verify',
    'verify',
  ])
})

test.each([
  ['a trusted network', { ...fromOutside, clientAddress: '127.0.0.1' }],
  ['our own people', fromAlice],
])('mail of %s: nothing', async (_, origin) => {
  const raw = encodeUtf8(letterFrom('facteur.test').replace('boss@', 'alice@'))
  expect(await costs(raw, origin, 'alice@facteur.test')).toEqual({ crypto: [], dns: [] })
})
