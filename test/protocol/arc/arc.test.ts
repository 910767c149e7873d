import { beforeAll, describe, expect, test } from 'vitest'
import { encodeUtf8, fromLatin1, latin1, parseAuthenticationResults, prependFields } from '../../../src/format/index.ts'
import type { MemoryDns } from '../../../src/host/memory/dns.ts'
import { arcAuthentication, readResults, sealArc, validateArc } from '../../../src/protocol/arc/index.ts'
import { dkimAuthentication, readSignedMessage } from '../../../src/protocol/dkim/index.ts'
import { letter, newSigner, now, published, sign, type Signer, verify } from '../dkim/world.ts'

let signer: Signer
let dns: MemoryDns
beforeAll(async () => {
  signer = await newSigner('rsa-sha256', 'ed25519-sha256')
  dns = published(signer, 'example.com')
  for (const [name, zone] of dns.zones) dns.zones.set(name.replace('example.com', 'list.example'), zone)
})

const validate = (raw: Uint8Array) => validateArc(readSignedMessage(raw), { now }, { dns, crypto: crypto.subtle })

/** A hop: validates, changes the message by `change`, seals and passes on. */
async function pass(raw: Uint8Array, domain = 'list.example', change = (text: string) => text, by = 0) {
  const chain = await validate(raw)
  const results = [arcAuthentication(chain), ...dkimAuthentication(await verify(raw, dns))]
  const changed = fromLatin1(change(latin1(raw)))
  const options = { domain, key: signer.keys[by]!, now, authservId: `mx.${domain}`, results, chain }
  const fields = await sealArc(readSignedMessage(changed), options, crypto.subtle)
  return fields && prependFields(changed, fields)
}

async function passed(hops: number): Promise<Uint8Array> {
  let raw = await sign(letter, signer)
  for (let hop = 0; hop < hops; hop++) raw = (await pass(raw))!
  return raw
}

describe('a chain (RFC 8617 §5)', () => {
  test('a message without one', async () => {
    expect(await validate(letter)).toEqual({ status: 'none', instances: 0, sealers: [], sets: [] })
  })

  test('one hop: the fields stand on top, seal first (§5.1)', async () => {
    const raw = await passed(1)
    const names = readSignedMessage(raw).fields.map(({ name }) => name)
    expect(names.slice(0, 3)).toEqual(['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results'])
    expect(await validate(raw)).toMatchObject({
      status: 'pass',
      instances: 1,
      sealers: ['list.example'],
      oldestPass: 0,
    })
    expect(latin1(raw)).toContain('cv=none')
    expect(
      latin1(raw)
        .split('\r\n\r\n')[0]!
        .split('\r\n')
        .every((line) => line.length < 100),
    ).toBe(true)
  })

  test('three hops, one of them with Ed25519', async () => {
    const raw = (await pass((await pass(await passed(1), 'example.com', undefined, 1))!))!
    expect(await validate(raw)).toMatchObject({
      status: 'pass',
      instances: 3,
      sealed: 'pass',
      sealers: ['list.example', 'example.com', 'list.example'],
    })
  })

  test('a list changes the message: DKIM breaks, the chain tells that it had passed', async () => {
    const raw = (await pass(await sign(letter, signer), 'list.example', (text) => `${text}-- \r\nThe list\r\n`))!
    expect((await verify(raw, dns)).map(({ status }) => status)).toEqual(['fail', 'fail'])
    const chain = await validate(raw)
    expect(chain.status).toBe('pass')
    const found = readResults(chain.sets[0]!.results.value)
    expect(found?.authservId).toBe('mx.list.example')
    expect(found?.results.map(({ method, result }) => `${method}=${result}`)).toEqual([
      'arc=none',
      'dkim=pass',
      'dkim=pass',
    ])
  })

  test('the oldest signature that holds is told (§5.2 step 5)', async () => {
    const raw = (await pass(await passed(1), 'list.example', (text) => `${text}-- \r\nThe list\r\n`))!
    const chain = await validate(raw)
    expect(chain).toMatchObject({ status: 'pass', instances: 2, oldestPass: 2 })
    expect(arcAuthentication(chain)).toEqual({
      method: 'arc',
      result: 'pass',
      properties: [{ type: 'header', name: 'oldest-pass', value: '2' }],
    })
  })
})

describe('what breaks a chain (§5.2)', () => {
  let raw: string
  beforeAll(async () => {
    raw = latin1(await passed(2))
  })

  test.each([
    ['the body is changed', (text: string) => text.replace('here it is', 'here it was'), /body was changed \(2\)/],
    ['the subject is changed', (text: string) => text.replace('quarterly', 'yearly'), /does not hold.*\(2\)/],
    ['old results are changed', (text: string) => text.replace(/dkim=pass(?![^]*dkim=pass)/, 'dkim=fail'), /\(2\)/],
    ['a set is left out', (text: string) => text.replace(/ARC-Seal: i=1[^]*?\r\n(?=\S)/, ''), /set 1 is not whole/],
    ['a field is there twice', (text: string) => text.replace(/ARC-Seal: i=1[^]*?\r\n(?=\S)/, '$&$&'), /twice/],
    ['an instance is skipped', (text: string) => text.replaceAll('i=2;', 'i=3;'), /set 2 is not whole/],
    ['a field has no instance', (text: string) => text.replace('ARC-Seal: i=1;', 'ARC-Seal: '), /no instance/],
    ['an instance is beyond 50', (text: string) => `ARC-Seal: i=51; cv=pass\r\n${text}`, /no instance/],
    ['the first seal says pass', (text: string) => text.replace('cv=none', 'cv=pass'), /seal 1 says cv=pass/],
    ['a later seal says none', (text: string) => text.replace('cv=pass', 'cv=none'), /seal 2 says cv=none/],
    ['the newest seal says fail', (text: string) => text.replace('cv=pass', 'cv=fail'), /seal 2 says cv=fail/],
    ['a seal has h=', (text: string) => text.replace('cv=pass;', 'cv=pass; h=from;'), /h=/],
    ['a seal by rsa-sha1', (text: string) => text.replace('a=rsa-sha256; cv=pass', 'a=rsa-sha1; cv=pass'), /a=/],
    [
      'a signature that covers a seal',
      (text: string) => text.replace('h=from:from', 'h=arc-seal:from:from'),
      /covers ARC-Seal/,
    ],
    ['a header too long to be judged', (text: string) => `${'X: y\r\n'.repeat(2000)}${text}`, /too long|not whole/],
    ['a key that is not there', (text: string) => text.replaceAll('s=rsa', 's=other'), /no key/],
  ])('%s', async (_, change, reason) => {
    const changed = change(raw)
    expect(changed).not.toBe(raw)
    expect(await validate(fromLatin1(changed))).toMatchObject({
      status: 'fail',
      reason: expect.stringMatching(reason),
      sealers: [],
    })
  })

  test('a DNS that does not answer: it may pass later', async () => {
    dns.broken.add('rsa._domainkey.list.example')
    expect(await validate(fromLatin1(raw))).toMatchObject({ status: 'fail', temporary: true })
    dns.broken.delete('rsa._domainkey.list.example')
  })

  test('a broken chain is sealed as failed, once, over its own set (§5.1.2)', async () => {
    const broken = fromLatin1(raw.replace('here it is', 'here it was'))
    const failed = (await pass(broken))!
    expect(latin1(failed)).toMatch(/^ARC-Seal: i=3; a=rsa-sha256; cv=fail;/)
    expect(await validate(failed)).toMatchObject({ status: 'fail', sealed: 'fail', instances: 3 })
    expect(await pass(failed)).toBeUndefined()
  })

  test('a chain that is not whole gets a number above all of its own', async () => {
    const failed = await pass(fromLatin1(raw.replaceAll('i=2;', 'i=7;')))
    expect(latin1(failed!)).toMatch(/^ARC-Seal: i=8; a=rsa-sha256; cv=fail;/)
  })
})

test('a chain of fifty is as long as chains may be (§5.1)', async () => {
  const chain = { status: 'pass' as const, instances: 50, sealers: [], sets: [], sealed: 'pass' as const }
  const options = { domain: 'example.com', key: signer.keys[0]!, now, authservId: 'mx', results: [], chain }
  expect(await sealArc(readSignedMessage(letter), options, crypto.subtle)).toBeUndefined()
})

test('hostile fields cost nothing', async () => {
  const start = performance.now()
  await validate(encodeUtf8(`ARC-Seal:${' '.repeat(100_000)}i${' '.repeat(100_000)}\r\n\r\n`))
  await validate(encodeUtf8(`${'ARC-Seal: i=1; cv=none\r\n'.repeat(5000)}\r\n`))
  await validate(encodeUtf8(`ARC-Seal: ${';i=1'.repeat(50_000)}\r\n\r\n`))
  expect(performance.now() - start).toBeLessThan(500)
  expect(parseAuthenticationResults('')).toBeUndefined()
})
