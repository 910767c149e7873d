/** Signatures against mailauth, which nobody here wrote: it verifies ours, and we verify its. */
import { createPrivateKey } from 'node:crypto'
import { authenticate } from 'mailauth'
import { dkimSign } from 'mailauth/lib/dkim/sign.js'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { concat, encodeUtf8, prependFields } from '../../src/format/index.ts'
import { sealArc, validateArc } from '../../src/protocol/arc/index.ts'
import { readSignedMessage } from '../../src/protocol/dkim/index.ts'
import { letter, newSigner, now, published, sign, type Signer, verify } from '../protocol/dkim/world.ts'

let signer: Signer
beforeAll(async () => {
  signer = await newSigner('rsa-sha256', 'ed25519-sha256')
})

const chainOf = (raw: Uint8Array) =>
  validateArc(readSignedMessage(raw), { now }, { dns: published(signer, 'example.com'), crypto: crypto.subtle })
const resolver = async (name: string) => {
  const text = signer.records[name.replace('._domainkey.example.com', '')]
  if (text === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
  return [[text]]
}

const byUs = async (raw: Uint8Array) => {
  const options = { domain: 'example.com', key: signer.keys[0]!, now, authservId: 'mx.example.com', results: [] }
  const fields = await sealArc(readSignedMessage(raw), { ...options, chain: await chainOf(raw) }, crypto.subtle)
  return prependFields(raw, fields!)
}

const messages: [string, Uint8Array][] = [
  ['a letter', letter],
  ['no body', encodeUtf8('From: a@example.com\r\nSubject: x\r\n\r\n')],
  [
    'odd white space',
    encodeUtf8('From:a@example.com\r\nSubject:  a \t b\r\n\t c \r\n\r\n\t a \t\r\n\r\n b\r\n\r\n\r\n'),
  ],
  ['two of a field', encodeUtf8('From: a@example.com\r\nReferences: <1@a>\r\nReferences: <2@a>\r\nTo: \r\n\r\nx\r\n')],
  ['UTF-8', encodeUtf8('From: Zoë <a@example.com>\r\nSubject: Ünïcode – …\r\n\r\nGrüße\r\n')],
  ['a long body', encodeUtf8(`From: a@example.com\r\n\r\n${'0123456789 '.repeat(7)}\r\n`.repeat(20))],
]

const canonicalizations = ['simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed'] as const

describe.each(messages)('%s', (_, raw) => {
  test.each(canonicalizations)('mailauth verifies our signatures: %s', async (canonicalization) => {
    const [header, body] = canonicalization.split('/') as ('simple' | 'relaxed')[]
    const signed = await sign(raw, signer, { header: header!, body: body!, now: Date.now() })
    const { results } = await dkimVerify(Buffer.from(signed), { resolver })
    expect(results.map(({ status, algo }) => [status.result, algo])).toEqual([
      ['pass', 'rsa-sha256'],
      ['pass', 'ed25519-sha256'],
    ])
  })

  test.each(canonicalizations)('we verify the signatures of mailauth: %s', async (canonicalization) => {
    const signatureData = Object.entries(signer.privateKeys).map(([selector, key]) => ({
      signingDomain: 'example.com',
      selector,
      algorithm: `${selector}-sha256`,
      privateKey: createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8' })
        .export({ format: 'pem', type: 'pkcs8' })
        .toString(),
    }))
    // Its types want the fields of one signature beside the list of several.
    const options = { canonicalization, signTime: new Date(now), signatureData } as Parameters<typeof dkimSign>[1]
    const { signatures, errors } = await dkimSign(Buffer.from(raw), options)
    expect(errors).toEqual([])
    const results = await verify(concat([encodeUtf8(signatures), raw]), published(signer, 'example.com'))
    expect(results.map(({ status }) => status)).toEqual(['pass', 'pass'])
  })
})

describe('ARC', () => {
  const seal = {
    signingDomain: 'example.com',
    selector: 'rsa',
    get privateKey() {
      return createPrivateKey({ key: Buffer.from(signer.privateKeys['rsa']!), format: 'der', type: 'pkcs8' })
        .export({ format: 'pem', type: 'pkcs8' })
        .toString()
    },
  }
  const byMailauth = async (raw: Uint8Array) => {
    const { headers } = await authenticate(Buffer.from(raw), {
      resolver,
      seal,
      ip: '192.0.2.1',
      helo: 'h',
      mta: 'mx.example.com',
      sender: '',
    })
    return concat([encodeUtf8(headers), raw])
  }
  test('a chain that both have sealed in turn is valid to both', async () => {
    let raw = letter
    for (const [at, hop] of [byUs, byMailauth, byUs, byUs, byMailauth].entries()) {
      raw = await hop(raw)
      expect(await chainOf(raw)).toMatchObject({ status: 'pass', instances: at + 1 })
      const { arc } = await authenticate(Buffer.from(raw), {
        resolver,
        ip: '192.0.2.1',
        helo: 'h',
        mta: 'mx',
        sender: '',
      })
      expect(arc && arc.status.result).toBe('pass')
    }
  })
})
