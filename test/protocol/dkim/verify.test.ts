import { beforeAll, describe, expect, test } from 'vitest'
import {
  concat,
  encodeBase64,
  encodeUtf8,
  formatAuthenticationResults,
  fromLatin1,
  latin1,
  prependFields,
} from '../../../src/format/index.ts'
import {
  dkimAuthentication,
  parseKeyRecord,
  readSignedMessage,
  signDkim,
  signField,
} from '../../../src/protocol/dkim/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'
import { rfc6376, rfc8463, rfcKeys } from './rfc-examples.ts'
import { dnsOf, letter, newSigner, now, published, sign, type Signer, verify } from './world.ts'

describe('the examples of the standards', () => {
  test.each(chunkSizes)('RFC 6376 appendix A, in pieces of %s octets', async (size) => {
    const [result] = await verify(chunked(rfc6376, size), dnsOf(rfcKeys))
    expect(result).toMatchObject({ status: 'pass', domain: 'example.com', identity: 'joe@football.example.com' })
    expect(result).toMatchObject({ keyBits: 1024, signaturePrefix: 'AuUoFEfD', testing: false })
  })

  test('RFC 8463 appendix A: both signatures', async () => {
    const results = await verify(rfc8463, dnsOf(rfcKeys))
    expect(results.map(({ status, algorithm }) => [status, algorithm])).toEqual([
      ['pass', 'ed25519-sha256'],
      ['pass', 'rsa-sha256'],
    ])
  })

  test('no signature, no result', async () => {
    expect(await verify(letter, dnsOf({}))).toEqual([])
  })
})

/** The example with one part of its signature field or message changed. */
const changed = (from: string | RegExp, to: string) => fromLatin1(latin1(rfc6376).replace(from, to))

test.each([
  ['a word of the body', 'hungry', 'thirsty', 'fail', /body was changed/],
  ['a space in a simple body', 'game. Are', 'game.  Are', 'fail', /body/],
  ['a signed field', 'Is dinner ready', 'Is lunch ready', 'fail', /header was changed/],
  ['a field name', 'Subject:', 'subject:', 'fail', /header/],
  ['h= itself', 'Date : Message-ID;', 'Date;', 'fail', /header/],
  ['the body hash', 'bh=2jUS', 'bh=3jUS', 'fail', /header/],
  ['v=2', 'v=1', 'v=2', 'neutral', /v= is not 1/],
  ['no v=', 'v=1; ', '', 'neutral', /v= is missing/],
  ['no From in h=', ': From :', ': Sender :', 'neutral', /From/],
  ['an unknown algorithm', 'rsa-sha256', 'rsa-md5', 'neutral', /algorithm/],
  ['an unknown canonicalization', 'simple/simple', 'nowsp', 'neutral', /c=/],
  ['a foreign i=', 'i=joe@football.example.com', 'i=joe@example.net', 'neutral', /i=/],
  ['an i= that only looks like it', 'i=joe@football.example.com', 'i=joe@badexample.com', 'neutral', /i=/],
  ['an i= without @', 'i=joe@football.example.com', 'i=example.com', 'neutral', /i=/],
  ['another way to the key', 'q=dns/txt', 'q=http', 'neutral', /q=/],
  ['a tag twice', 'q=dns/txt', 'q=dns/txt; q=dns/txt', 'neutral', /list of tags/],
  ['a tag without =', 'q=dns/txt', 'q', 'neutral', /list of tags/],
  ['l= no number', 'q=dns/txt', 'l=1e3', 'neutral', /l=/],
  ['t= no number', 'q=dns/txt', 't=-5', 'neutral', /t=/],
  ['x= not after t=', 'q=dns/txt', 't=5; x=5', 'neutral', /x=/],
  ['b= no base64', 'b=AuUo', 'b=*uUo', 'neutral', /b=/],
  ['d= no name', 'd=example.com', 'd=example..com', 'neutral', /d=/],
  ['d= with a path', 'd=example.com', 'd=example.com/a', 'neutral', /d=/],
  ['s= no name', 's=brisbane', 's=bris bane', 'neutral', /s=/],
  ['no key there', 's=brisbane', 's=adelaide', 'permerror', /no key/],
  ['expired', 'q=dns/txt', 'x=1700000000', 'fail', /expired/],
  ['rsa-sha1 (RFC 8301 §3.1)', 'rsa-sha256', 'rsa-sha1', 'policy', /rsa-sha1/],
] as const)('%s does not verify (RFC 6376 §6.1.1)', async (_, from, to, status, reason) => {
  const [result] = await verify(changed(from, to), dnsOf(rfcKeys))
  expect(result).toMatchObject({ status, reason: expect.stringMatching(reason) })
})

const rsaKey = /p=(.*)/.exec(rfcKeys['brisbane._domainkey.example.com'])![1]!

const long = (tag: number, content: number[]) => [tag, 0x82, content.length >> 8, content.length & 0xff, ...content]

/** An RSAPublicKey with a modulus of that many octets. */
function rsaKeyOf(octets: number): string {
  const modulus = long(2, [0, ...Array<number>(octets).fill(0xff)])
  return encodeBase64(Uint8Array.from(long(0x30, [...modulus, 2, 1, 3])))
}

test.each([
  ['joe@mail.example.com', 'pass'],
  ['joe=40mail.example=2Ecom', 'pass'],
  ['=6Aoe@example.com', 'pass'],
  ['joe@example.com=2Eexample.net', 'neutral'],
  ['joe@example.com=40example.net', 'neutral'],
  ['joe@example.com=0D=0A', 'neutral'],
])('i= is quoted-printable (RFC 6376 §2.11, §3.5): %s', async (identity, status) => {
  const signer = await newSigner('ed25519-sha256')
  const results = await verify(await sign(letter, signer, { identity }), published(signer, 'example.com'))
  expect(results.map((result) => result.status)).toEqual([status])
})

describe('keys (RFC 6376 §3.6.1, §6.1.2)', () => {
  test.each([
    ['all tags', `v=DKIM1; h=sha1:sha256; k=rsa; n=note; s=email; t=y; p=${rsaKey}`, { status: 'pass', testing: true }],
    ['no v=, white space in p=', `k=rsa; p=${rsaKey.slice(0, 40)} ${rsaKey.slice(40)} ;`, { status: 'pass' }],
    ['unknown tags and flags', `v=DKIM1; g=*; zz=1; t=q; p=${rsaKey}`, { status: 'pass', testing: false }],
    ['v= not first', `k=rsa; v=DKIM1; p=${rsaKey}`, { status: 'permerror' }],
    ['another v=', `v=DKIM2; p=${rsaKey}`, { status: 'permerror' }],
    ['revoked', 'v=DKIM1; t=y; p=', { status: 'permerror', reason: 'the key is revoked', testing: true }],
    ['no p=', 'v=DKIM1; k=rsa', { status: 'permerror' }],
    ['p= no base64', 'v=DKIM1; p=?', { status: 'permerror' }],
    ['p= no key', 'v=DKIM1; p=AAAA', { status: 'permerror' }],
    ['half a key', `v=DKIM1; p=${rsaKey.slice(0, 40)}`, { status: 'permerror' }],
    ['not for mail', `v=DKIM1; s=tlsrpt; p=${rsaKey}`, { status: 'permerror' }],
    ['not for sha256', `v=DKIM1; h=sha1; p=${rsaKey}`, { status: 'permerror' }],
    ['another type', `v=DKIM1; k=ed25519; p=${rsaKey}`, { status: 'permerror' }],
    ['an unknown type', `v=DKIM1; k=dsa; p=${rsaKey}`, { status: 'permerror' }],
    ['strict, while i= is a subdomain', `v=DKIM1; t=s; p=${rsaKey}`, { status: 'permerror' }],
    ['something else', 'v=spf1 -all', { status: 'permerror' }],
    [
      '512 bits (RFC 8301 §3.2)',
      `p=${rsaKeyOf(64)}`,
      { status: 'policy', reason: expect.stringContaining('512 bits') },
    ],
    ['16,384 bits', `p=${rsaKeyOf(2048)}`, { status: 'policy' }],
  ])('%s', async (_, record, expected) => {
    const [result] = await verify(rfc6376, dnsOf({ 'brisbane._domainkey.example.com': record }))
    expect(result).toMatchObject(expected)
  })

  test('an RSAPublicKey without its wrapping is a key too (§3.6.1)', async () => {
    const bare = btoa(atob(rsaKey).slice(22))
    const [result] = await verify(rfc6376, dnsOf({ 'brisbane._domainkey.example.com': `p=${bare}` }))
    expect(result).toMatchObject({ status: 'pass', keyBits: 1024 })
  })

  test('of two records the one that fits counts', async () => {
    const [result] = await verify(rfc6376, dnsOf({ 'brisbane._domainkey.example.com': ['x', `p=${rsaKey}`] }))
    expect(result?.status).toBe('pass')
  })

  test('a DNS that does not answer makes a temperror', async () => {
    const dns = dnsOf({})
    dns.broken.add('brisbane._domainkey.example.com')
    expect((await verify(rfc6376, dns))[0]).toMatchObject({ status: 'temperror', domain: 'example.com' })
  })

  test('a record is read as a whole', () => {
    expect(parseKeyRecord('v=DKIM1; k=ed25519; h=SHA256; t=y:s; p=AAAA')).toEqual({
      type: 'ed25519',
      key: new Uint8Array(3),
      hashes: ['sha256'],
      testing: true,
      strict: true,
    })
  })
})

describe('what a signature covers', () => {
  let signer: Signer
  beforeAll(async () => {
    signer = await newSigner('ed25519-sha256')
  })

  test('what is appended behind l= is reported (RFC 6376 §8.2)', async () => {
    const message = readSignedMessage(letter)
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', encodeUtf8('Hello')))
    const tags = ['v=1; a=ed25519-sha256; c=relaxed/relaxed; l=5; d=example.com; s=ed25519;']
    const unsigned = { name: 'DKIM-Signature', tags, fieldNames: ['from'], bodyHash: hash, header: 'relaxed' as const }
    const field = await signField(unsigned, message, signer.keys[0]!, crypto.subtle)
    const [result] = await verify(prependFields(letter, [field]), published(signer, 'example.com'))
    expect(result).toMatchObject({ status: 'pass', unsignedOctets: 23 })
    const shortened = prependFields(letter.slice(0, latin1(letter).indexOf('lo  Bert')), [field])
    expect((await verify(shortened, published(signer, 'example.com')))[0]).toMatchObject({
      status: 'fail',
      reason: 'the body was changed',
    })
    const emptied = prependFields(letter.slice(0, latin1(letter).indexOf('Hello  Bert')), [field])
    expect((await verify(emptied, published(signer, 'example.com')))[0]).toMatchObject({
      status: 'fail',
      reason: 'the body is shorter than l=',
    })
  })

  test('a second From fails: it was listed once more than it occurred (RFC 6376 §8.15)', async () => {
    const signed = await sign(letter, signer)
    const forged = prependFields(signed, ['From: Eve <eve@example.com>\r\n'])
    expect((await verify(forged, published(signer, 'example.com')))[0]?.status).toBe('fail')
  })

  test('a trace field on top, a resigner and changed white space do not matter (relaxed)', async () => {
    const signed = prependFields(await sign(letter, signer), [
      'Received: from x by y\r\n',
      'DKIM-Signature: broken\r\n',
    ])
    const respaced = fromLatin1(latin1(signed).replace('The quarterly\r\n\treport', 'The  quarterly report '))
    const results = await verify(respaced, published(signer, 'example.com'))
    expect(results.map(({ status }) => status)).toEqual(['neutral', 'pass'])
  })

  test('names in other scripts are looked up as A-labels (RFC 8616 §4)', async () => {
    const options = { domain: latin1(encodeUtf8('bücher.example')), keys: signer.keys, now }
    const [field] = await signDkim(readSignedMessage(letter), options, crypto.subtle)
    const signed = concat([fromLatin1(field!), letter])
    expect((await verify(signed, published(signer, 'xn--bcher-kva.example')))[0]).toMatchObject({
      status: 'pass',
      domain: 'xn--bcher-kva.example',
    })
  })
})

describe('hostile input', () => {
  test.each([
    ['fields', 'X: y\r\n'.repeat(2000)],
    ['octets', `X: ${'y'.repeat(300_000)}\r\n`],
  ])('a header with more %s than are looked at is not vouched for', async (_, more) => {
    const raw = latin1(rfc6376)
    const long = fromLatin1(raw.replace('\r\n\r\n', `\r\n${more}From: Eve <eve@example.com>\r\n\r\n`))
    expect(await verify(long, dnsOf(rfcKeys))).toEqual([
      { status: 'permerror', reason: 'the header is too long', testing: false },
    ])
  })

  test('ten signatures are looked at, the rest is not', async () => {
    const field = latin1(rfc6376).split('Received:')[0]!
    const dns = dnsOf(rfcKeys)
    expect(await verify(prependFields(rfc6376, Array<string>(500).fill(field)), dns)).toHaveLength(10)
    expect(dns.asked).toHaveLength(10)
  })

  test.each([
    ['a hundred thousand tags', `DKIM-Signature: ${'a=b;'.repeat(50_000)}`],
    ['a long h=', `DKIM-Signature: v=1; a=rsa-sha256; d=e.com; s=s; bh=AAAA; b=AAAA; h=from${':x'.repeat(90_000)}`],
    ['spaces', `DKIM-Signature:${' '.repeat(200_000)}v=1`],
    ['semicolons', `DKIM-Signature: ${';'.repeat(200_000)}`],
    ['folded b', `DKIM-Signature: v=1; ${'b\r\n '.repeat(60_000)}`],
  ])('%s are a neutral result in no time', async (_, field) => {
    const start = performance.now()
    const [result] = await verify(encodeUtf8(`${field}\r\nFrom: a@b\r\n\r\n`), dnsOf({}), now)
    expect(result).toMatchObject({ status: 'neutral' })
    expect(performance.now() - start).toBeLessThan(500)
  })
})

test('in Authentication-Results (RFC 8601 §2.7.1, RFC 6008)', async () => {
  const text = formatAuthenticationResults('mx', dkimAuthentication(await verify(rfc6376, dnsOf(rfcKeys))))
  expect(text.replace(/\r\n\t /g, ' ')).toBe(
    'mx;\r\n\tdkim=pass header.d=example.com header.i=joe@football.example.com header.s=brisbane ' +
      'header.a=rsa-sha256 header.b=AuUoFEfD',
  )
  expect(formatAuthenticationResults('mx', dkimAuthentication([]))).toBe('mx;\r\n\tdkim=none')
  const broken = dkimAuthentication(await verify(changed('v=1', 'v=2'), dnsOf(rfcKeys)))
  expect(broken).toMatchObject([{ method: 'dkim', result: 'neutral', reason: 'v= is not 1' }])
})
