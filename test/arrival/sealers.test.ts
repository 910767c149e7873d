/** Whose word in an ARC chain is taken for what they received (RFC 8617 §7.2.1). */
import { beforeAll, describe, expect, test } from 'vitest'
import { concat, encodeUtf8, prependFields } from '../../src/format/index.ts'
import { sealArc, validateArc } from '../../src/protocol/arc/index.ts'
import { readSignedMessage } from '../../src/protocol/dkim/index.ts'
import { newSigner, type Signer } from '../protocol/dkim/world.ts'
import { letterFrom, VerifyingWorld } from './verifying.ts'

let signer: Signer
beforeAll(async () => {
  signer = await newSigner('ed25519-sha256')
})

function stage(...trustedSealers: string[]): VerifyingWorld {
  const world = new VerifyingWorld({ trustedSealers }).publish('example.com', 'p=reject', 'v=spf1 -all')
  for (const domain of ['list.test', 'other.test'])
    world.dns.set(`ed25519._domainkey.${domain}`, { TXT: [signer.records['ed25519']!] })
  return world
}

/** The message as `domain` passes it on, saying what it found. */
async function passedOn(world: VerifyingWorld, raw: Uint8Array, domain: string, dmarc: string, from = 'example.com') {
  const message = readSignedMessage(raw)
  const now = world.clock.now()
  const chain = await validateArc(message, { now }, { dns: world.dns, crypto: crypto.subtle })
  const properties = [{ type: 'header', name: 'from', value: from }]
  const results = [{ method: 'dmarc', result: dmarc, properties }]
  const options = { domain, key: signer.keys[0]!, now, authservId: domain, results, chain }
  const fields = await sealArc(message, options, crypto.subtle)
  return prependFields(raw, fields!)
}

const letter = encodeUtf8(letterFrom('example.com', 'List-Id: <l.list.test>\r\n'))
const outcome = async (world: VerifyingWorld, raw: Uint8Array) => {
  const { code } = await world.send(raw)
  return code === 250 ? (world.mailbox('alice').messages.at(-1)?.junk ?? 'inbox') : code
}
const failed = 'neither SPF nor DKIM of example.com passed'

test('a valid chain is a detour, whoever sealed it (RFC 9989 §7.4)', async () => {
  const world = stage()
  const plain = encodeUtf8(letterFrom('example.com'))
  expect(await outcome(world, plain)).toBe(550)
  expect(await outcome(world, await passedOn(world, plain, 'other.test', 'fail'))).toBe(failed)
  expect(world.judgement.override).toEqual({ type: 'local_policy', comment: 'others passed it on (ARC)' })
})

describe('a sealer who says that DMARC passed', () => {
  test('is believed when it is trusted', async () => {
    const world = stage('list.test')
    expect(await outcome(world, await passedOn(world, letter, 'list.test', 'pass'))).toBe('inbox')
    expect(world.judgement).toMatchObject({
      arc: { status: 'pass', sealers: ['list.test'], instances: 1 },
      dmarc: { status: 'fail' },
      disposition: 'none',
      override: { type: 'trusted_forwarder' },
    })
    expect(world.mailbox('alice').last).toMatch(/^\s*arc=pass header\.oldest-pass=0;\r$/m)
  })

  test('is not believed when it is not trusted: the message is only not refused', async () => {
    const world = stage()
    expect(await outcome(world, await passedOn(world, letter, 'list.test', 'pass'))).toBe(failed)
  })

  test.each([
    ['that it failed', 'fail', 'example.com'],
    ['that it passed for somebody else', 'pass', 'other.test'],
  ])('is no help when it says %s', async (_, result, from) => {
    const world = stage('list.test')
    expect(await outcome(world, await passedOn(world, letter, 'list.test', result, from))).toBe(failed)
  })

  test('is believed through others who are trusted too, and not through others', async () => {
    const world = stage('list.test', 'other.test')
    const raw = await passedOn(world, await passedOn(world, letter, 'list.test', 'pass'), 'other.test', 'fail')
    expect(await outcome(world, raw)).toBe('inbox')
    expect(await outcome(stage('list.test'), raw)).toBe(failed)
  })

  test('is not believed of a message that was changed behind it', async () => {
    const world = stage('list.test')
    const raw = concat([await passedOn(world, letter, 'list.test', 'pass'), encodeUtf8('Buy this!\r\n')])
    expect(await outcome(world, raw)).toBe(failed)
    expect(world.judgement.arc).toMatchObject({ status: 'fail', reason: 'the body was changed (1)' })
  })
})
