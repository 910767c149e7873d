import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeUtf8, latin1, fromLatin1 } from '../../../src/format/index.ts'
import {
  fieldNamesToSign,
  importSigningKey,
  parseKeyRecord,
  readSignedMessage,
} from '../../../src/protocol/dkim/index.ts'
import { letter, newSigner, now, published, sign, type Signer, verify } from './world.ts'

let signer: Signer
let edwards: Signer
beforeAll(async () => {
  signer = await newSigner('rsa-sha256', 'ed25519-sha256')
  edwards = { ...signer, keys: signer.keys.slice(1) }
})

test('both signatures verify, RSA with 2,048 bits (RFC 8301 §3.2, RFC 8463 §3)', async () => {
  const results = await verify(await sign(letter, signer), published(signer, 'example.com'))
  expect(results).toMatchObject([
    { status: 'pass', algorithm: 'rsa-sha256', keyBits: 2048, domain: 'example.com', identity: '@example.com' },
    { status: 'pass', algorithm: 'ed25519-sha256', selector: 'ed25519' },
  ])
})

test('the published record says what the key is for (RFC 6376 §3.6.1)', () => {
  expect(signer.records['ed25519']).toMatch(/^v=DKIM1; k=ed25519; h=sha256; s=email; p=[\w+/]{43}=$/)
  expect(parseKeyRecord(signer.records['rsa']!)).toMatchObject({ type: 'rsa', testing: false, strict: false })
})

test('the field is folded, tells its time, and covers one From more than there is', async () => {
  const text = latin1(await sign(letter, edwards, { lifetime: 3600, identity: 'anna@example.com' }))
  const field = text.slice(0, text.indexOf('Received:'))
  expect(field).toMatch(/^DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed\/relaxed; d=example.com;\r\n\ts=ed25519; /)
  expect(field).toContain(` t=${now / 1000}; x=${now / 1000 + 3600};\r\n\ti=anna@example.com;\r\n\th=from:from:`)
  expect(field.split('\r\n').every((line) => line.length <= 78)).toBe(true)
  const [result] = await verify(fromLatin1(text), published(signer, 'example.com'), now + 3599_000)
  expect(result?.status).toBe('pass')
  expect((await verify(fromLatin1(text), published(signer, 'example.com'), now + 3600_000))[0]?.status).toBe('fail')
})

test('the unsubscribe fields are covered when there are any (RFC 8058 §4), Received never (RFC 6376 §5.4)', () => {
  const names = fieldNamesToSign(readSignedMessage(letter).fields)
  expect(names).toEqual(expect.arrayContaining(['list-unsubscribe', 'list-unsubscribe-post', 'date']))
  expect(names).not.toContain('received')
  expect(names.filter((name) => name === 'from')).toHaveLength(2)
  expect(fieldNamesToSign([])).toEqual(['from', 'reply-to', 'to', 'cc', 'subject'])
})

describe('whatever is signed verifies', () => {
  const word = fc.string({ minLength: 0, maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ' '))
  test.each(['simple', 'relaxed'] as const)('%s', async (kind) => {
    const dns = published(signer, 'example.com')
    await fc.assert(
      fc.asyncProperty(word, word, fc.array(word), async (subject, name, lines) => {
        const raw = encodeUtf8(`Subject: ${subject}\r\nFrom: ${name}\r\nFrom: x\r\n\r\n${lines.join('\r\n')}`)
        const [result] = await verify(await sign(raw, edwards, { header: kind, body: kind }), dns)
        expect(result?.status).toBe('pass')
      }),
      { numRuns: 100 },
    )
  })
})

test('any octet that changes breaks a simple signature', async () => {
  const dns = published(signer, 'example.com')
  const fieldNames = [
    'received',
    'from',
    'to',
    'subject',
    'date',
    'message-id',
    'list-unsubscribe',
    'list-unsubscribe-post',
  ]
  const signed = await sign(letter, edwards, { header: 'simple', body: 'simple', fieldNames })
  // White space inside b= does not count (RFC 6376 §3.5), nor do the empty lines that end a body (§3.4.3).
  const value = latin1(signed).indexOf('\tb=') + 3
  const behind = latin1(signed).indexOf('Received')
  const places = fc.oneof(fc.integer({ min: 0, max: value - 1 }), fc.integer({ min: behind, max: signed.length - 3 }))
  await fc.assert(
    fc.asyncProperty(places, fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const changed = signed.slice()
      changed[at] = changed[at]! ^ flip
      const results = await verify(changed, dns)
      expect(results.every(({ status }) => status !== 'pass')).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('what is no key is refused', async () => {
  const key = { selector: 's', algorithm: 'ed25519-sha256' as const, privateKey: new Uint8Array(10) }
  await expect(importSigningKey(key, crypto.subtle)).rejects.toThrow()
})
