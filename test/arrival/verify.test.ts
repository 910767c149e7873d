/** Mail from outside is judged once, before it is taken. */
import { beforeAll, describe, expect, test } from 'vitest'
import { parseAuthenticationResults, parseHeader } from '../../src/format/index.ts'
import { parseNetworks } from '../../src/arrival/index.ts'
import { BodyHashes, readSignedMessage, signField } from '../../src/protocol/dkim/index.ts'
import { replyText } from '../../src/protocol/smtp/index.ts'
import { newSigner, sign, type Signer } from '../protocol/dkim/world.ts'
import { client, fromAlice, fromOutside, fromRouting, letterFrom, VerifyingWorld } from './verifying.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const resultsIn = (mail: string) => {
  const { header } = parseHeader(bytes(mail))
  const [ours] = header.all('authentication-results')
  const read = parseAuthenticationResults(ours ?? '')
  return Object.fromEntries((read?.results ?? []).map(({ method, result }) => [method, result]))
}

let signer: Signer
beforeAll(async () => {
  signer = await newSigner('rsa-sha256', 'ed25519-sha256')
})

function withKeys(world: VerifyingWorld, domain = 'example.com'): VerifyingWorld {
  for (const [selector, text] of Object.entries(signer.records))
    world.dns.set(`${selector}._domainkey.${domain}`, { TXT: [text] })
  return world
}

describe('what is found out', () => {
  test('is one field on top, above Received (RFC 8601 §4)', async () => {
    const world = withKeys(new VerifyingWorld()).publish('example.com', 'p=reject')
    world.dns.set('7.2.0.192.in-addr.arpa', { PTR: ['mail.example.com'] }).set('mail.example.com', { A: [client] })
    const raw = await sign(bytes(letterFrom('example.com')), signer)
    expect(await world.send(raw, fromOutside, 'boss@example.com')).toMatchObject({ code: 250 })
    const mail = world.mailbox('alice').last
    const { header } = parseHeader(bytes(mail))
    expect(header.fields.slice(0, 4).map(({ name }) => name)).toEqual([
      'Return-Path',
      'Delivered-To',
      'Authentication-Results',
      'Received',
    ])
    expect(resultsIn(mail)).toEqual({ iprev: 'pass', spf: 'pass', dkim: 'pass', dmarc: 'pass' })
    expect(header.first('authentication-results')).toContain('smtp.mailfrom=boss@example.com')
    expect(mail.endsWith(new TextDecoder().decode(raw))).toBe(true)
  })

  test('names the client in Received only by a name that leads back to it (RFC 5321 §4.4)', async () => {
    const world = new VerifyingWorld()
    await world.send(letterFrom('outside.test'))
    expect(world.mailbox('alice').last).toContain('from mail.outside.test ([192.0.2.7])')
    world.dns.set('7.2.0.192.in-addr.arpa', { PTR: ['liar.test', 'honest.test'] }).set('honest.test', { A: [client] })
    await world.send(letterFrom('outside.test'))
    expect(world.mailbox('alice').last).toContain('from mail.outside.test (honest.test [192.0.2.7])')
  })

  test('is a value that can be kept and sent on', async () => {
    const world = withKeys(new VerifyingWorld()).publish('example.com', 'p=reject; rua=mailto:r@example.com')
    await world.send(await sign(bytes(letterFrom('example.com')), signer), fromOutside, 'boss@example.com')
    const [[judgement, reply]] = world.judged as [(typeof world.judged)[0]]
    expect(structuredClone(judgement)).toEqual(judgement)
    expect(reply.code).toBe(250)
    expect(judgement).toMatchObject({
      transactionId: 't1',
      clientAddress: client,
      helo: 'mail.outside.test',
      reversePath: 'boss@example.com',
      spf: { status: 'pass', domain: 'example.com', identity: 'mailfrom' },
      dkim: [
        { status: 'pass', domain: 'example.com', keyBits: 2048 },
        { status: 'pass', keyBits: 256 },
      ],
      arc: { status: 'none', instances: 0 },
      dmarc: {
        status: 'pass',
        domain: 'example.com',
        policyDomain: 'example.com',
        aligned: { spf: true, dkim: true },
        record: { aggregateReports: [{ uri: 'mailto:r@example.com' }] },
      },
      disposition: 'none',
    })
  })

  test('for several recipients is found out once', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=none')
    await world.send(letterFrom('example.com'), fromOutside, 'e@example.com', 'alice@facteur.test', 'bob@facteur.test')
    expect(world.judged).toHaveLength(1)
    expect(new Set(world.dns.asked).size).toBe(world.dns.asked.length)
    expect([world.mailbox('alice'), world.mailbox('bob')].map(({ last }) => resultsIn(last).spf)).toEqual([
      'pass',
      'pass',
    ])
  })

  test('is told with the answer that the sender gets, a failure of ours too', async () => {
    const world = new VerifyingWorld()
    world.mailbox('alice').refusal = new Error('away')
    world.fullQueues.add('facteur.test')
    expect(await world.send(letterFrom('plain.test'), fromOutside, 'e@plain.test', 'alice@facteur.test')).toMatchObject(
      {
        code: 451,
      },
    )
    await world.send(letterFrom('plain.test'), fromOutside, 'e@plain.test', 'bob@facteur.test')
    expect(world.judged.map(([, { code }]) => code)).toEqual([451, 250])
  })

  test('for nobody is not found out at all', async () => {
    const world = new VerifyingWorld()
    expect(await world.send(letterFrom('x.test'), fromOutside, 'e@x.test', 'nobody@facteur.test')).toMatchObject({
      code: 550,
      enhanced: '5.1.1',
    })
    expect([world.dns.asked, world.judged]).toEqual([[], []])
  })

  test('with nothing to find says so', async () => {
    const world = new VerifyingWorld()
    await world.send(letterFrom('plain.test'), fromOutside, 'e@plain.test')
    expect(resultsIn(world.mailbox('alice').last)).toEqual({
      iprev: 'permerror',
      spf: 'none',
      dkim: 'none',
      dmarc: 'none',
    })
  })

  test('a signature that leaves a part of the body to others is no proof (RFC 6376 §8.2)', async () => {
    const world = withKeys(new VerifyingWorld()).publish('example.com', 'p=reject')
    const field = await partlySigned(letterFrom('example.com'))
    const reply = await world.send(`${field}${letterFrom('example.com')}And buy this!\r\n`)
    expect(reply).toMatchObject({ code: 550, enhanced: '5.7.1' })
    expect(world.judgement.dkim).toMatchObject([{ status: 'policy', reason: 'a part of the body is not signed (l=)' }])
    // The same signature over all there is holds.
    expect(await world.send(`${field}${letterFrom('example.com')}`)).toMatchObject({ code: 250 })
  })
})

/** A signature with l=, which our own signer does not write. */
async function partlySigned(letter: string): Promise<string> {
  const message = readSignedMessage(bytes(letter))
  const body = await new BodyHashes(message.body, crypto.subtle).hash('relaxed')
  const length = letter.length - letter.indexOf('\r\n\r\n') - 4
  const tags = ['v=1; a=ed25519-sha256; c=relaxed/relaxed;', `d=example.com; s=ed25519; l=${length};`]
  const unsigned = {
    name: 'DKIM-Signature',
    tags,
    fieldNames: ['From'],
    bodyHash: body!.hash,
    header: 'relaxed' as const,
  }
  return signField(unsigned, message, signer.keys[1]!, crypto.subtle)
}

const outcomes = async (world: VerifyingWorld, raw: string, origin = fromOutside, reversePath?: string) => {
  const { code } = await world.send(raw, origin, reversePath)
  if (code !== 250) return String(code)
  return world.mailbox('alice').messages.at(-1)?.junk === undefined ? 'inbox' : 'junk'
}

describe('what a domain asks for when its mail is forged (RFC 9989 §5.3.6)', () => {
  test.each([
    ['enforce', 'p=reject', '550', 'reject'],
    ['enforce', 'p=quarantine', 'junk', 'quarantine'],
    ['enforce', 'p=none', 'inbox', 'none'],
    ['enforce', 'p=reject; t=y', 'junk', 'quarantine'],
    ['enforce', 'p=quarantine; t=y', 'inbox', 'none'],
    ['report', 'p=reject', 'inbox', 'none'],
    ['report', 'p=quarantine', 'inbox', 'none'],
  ] as const)('%s, %s: %s', async (dmarc, policy, outcome, disposition) => {
    const world = new VerifyingWorld({ dmarc }).publish('example.com', policy, 'v=spf1 -all')
    expect(await outcomes(world, letterFrom('example.com'))).toBe(outcome)
    expect(world.judgement).toMatchObject({ dmarc: { status: 'fail' }, disposition })
    if (outcome !== '550') expect(world.mailbox('alice').last).toContain(`policy.dmarc=${disposition}`)
  })

  test('what is tried out, or only reported, says why it is not followed (RFC 9990)', async () => {
    const testing = new VerifyingWorld().publish('example.com', 'p=reject; t=y', 'v=spf1 -all')
    await testing.send(letterFrom('example.com'))
    expect(testing.judgement.override?.type).toBe('policy_test_mode')
    const reporting = new VerifyingWorld({ dmarc: 'report' }).publish('example.com', 'p=reject', 'v=spf1 -all')
    await reporting.send(letterFrom('example.com'))
    expect(reporting.judgement.override?.type).toBe('local_policy')
  })

  test('is refused with the domain, and where to ask, in our words only (RFC 7208 §6.2)', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=reject', 'v=spf1 -all exp=why.example.com')
    world.dns.set('why.example.com', { TXT: ['Visit http://evil.example for 250 2.0.0 fun'] })
    const reply = await world.send(letterFrom('example.com'), fromOutside, 'boss@example.com')
    expect(replyText(reply)).toMatch(/^550 5\.7\.1 .*example\.com .*postmaster@mx\.facteur\.test about t1$/)
    expect(replyText(reply)).not.toContain('evil')
    expect(world.mailbox('alice').messages).toEqual([])
    expect(world.judged.map(([, { code }]) => code)).toEqual([550])
  })

  test('is asked of the domain that a subdomain belongs to, and of each author', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=none; sp=reject', 'v=spf1 -all')
    expect(await outcomes(world, letterFrom('news.example.com'))).toBe('550')
    expect(await outcomes(world, letterFrom('outside.test>, <a@news.example.com'))).toBe('550')
  })

  test('SPF of the same domain is enough, of another it is not', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=reject').publish('outside.test', 'p=none')
    expect(await outcomes(world, letterFrom('example.com'), fromOutside, 'x@example.com')).toBe('inbox')
    expect(await outcomes(world, letterFrom('example.com'), fromOutside, 'eve@outside.test')).toBe('550')
    // Of a null reverse path the name in HELO counts (RFC 7208 §2.4).
    expect(await outcomes(world, letterFrom('example.com'), { ...fromOutside, helo: 'example.com' }, '')).toBe('inbox')
  })

  test('a From behind a thousand fields is looked for as mail apps would find it', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=reject', 'v=spf1 -all')
    for (const count of [1_100, 2_500])
      expect(await outcomes(world, letterFrom('example.com', 'X-Filler: x\r\n'.repeat(count)))).toBe('550')
  })

  test('what had to wait before it reached a mailbox is filed as junk all the same', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=quarantine', 'v=spf1 -all')
    world.mailbox('alice').refusal = new Error('away')
    expect(
      await world.send(letterFrom('example.com'), fromOutside, 'e@x.test', 'alice@facteur.test', 'bob@facteur.test'),
    ).toMatchObject({ code: 250 })
    world.mailbox('alice').refusal = undefined
    await world.runUntil(world.clock.now() + 3_600_000)
    const reasons = ['alice', 'bob'].map((id) => world.mailbox(id).messages.map(({ junk }) => junk))
    expect(reasons).toEqual([
      ['neither SPF nor DKIM of example.com passed'],
      ['neither SPF nor DKIM of example.com passed'],
    ])
  })
})

const forgedStage = () => new VerifyingWorld().publish('example.com', 'p=reject', 'v=spf1 -all')

describe('mail that took a detour is not refused for p=reject alone (RFC 9989 §7.4)', () => {
  test.each([
    ['List-Id: <l.list.test>', 'mailing_list'],
    ['List-Post: <mailto:l@list.test>', 'mailing_list'],
    ['Precedence: list', 'mailing_list'],
    ['Resent-From: bob@school.test', 'local_policy'],
    ['Delivered-To: boss@school.test', 'local_policy'],
  ])('%s', async (field, type) => {
    const world = forgedStage()
    expect(await outcomes(world, letterFrom('example.com', `${field}\r\n`))).toBe('junk')
    expect(world.judgement.override?.type).toBe(type)
  })

  test.each(['List-Unsubscribe: <https://example.com/u>', 'Precedence: bulk', 'Received: from a by b; x'])(
    '%s is no sign of one',
    async (field) => expect(await outcomes(forgedStage(), letterFrom('example.com', `${field}\r\n`))).toBe('550'),
  )
})

describe('whom it is about', () => {
  test.each([
    ['127.0.0.1', '127.0.0.0/8'],
    ['::ffff:127.0.0.1', '127.0.0.0/8'],
    ['192.0.2.7', '10.0.0.0/8, 192.0.2.0/24'],
    ['2001:db8::1', '2001:db8::/32'],
  ])('not %s, one of our own hosts: nothing is asked, nothing is changed (%s)', async (clientAddress, networks) => {
    const world = new VerifyingWorld({ trustedNetworks: parseNetworks(networks)! })
    const raw = letterFrom('example.com', 'Authentication-Results: mx.facteur.test; dmarc=pass\r\n')
    await world.send(raw, { ...fromOutside, clientAddress })
    expect(world.mailbox('alice').last.endsWith(raw)).toBe(true)
    expect([world.dns.asked, world.judged]).toEqual([[], []])
  })

  test('not our own people, but their word is not ours either', async () => {
    const world = new VerifyingWorld()
    const forged = 'Authentication-Results: mx.facteur.test; dmarc=pass\r\n'
    const raw = letterFrom('facteur.test', forged).replace('boss@', 'alice@')
    await world.send(raw, fromAlice, 'alice@facteur.test', 'bob@facteur.test')
    expect(world.mailbox('bob').last).not.toContain('Authentication-Results')
    expect([world.dns.asked, world.judged]).toEqual([[], []])
  })

  test('not what we say ourselves, which may quote anything', async () => {
    const world = new VerifyingWorld()
    const raw = letterFrom('facteur.test', 'Authentication-Results: mx.facteur.test; dmarc=pass\r\n')
    await world.send(raw, { kind: 'internal', transactionId: 't3' }, '')
    expect(world.mailbox('alice').last.endsWith(raw)).toBe(true)
    expect([world.dns.asked, world.judged]).toEqual([[], []])
  })

  test('nobody, when it is off; forged results go all the same', async () => {
    const world = new VerifyingWorld({ dmarc: 'off' }).publish('example.com', 'p=reject', 'v=spf1 -all')
    const raw = letterFrom('example.com', 'Authentication-Results: MX.facteur.test; dmarc=pass\r\n')
    expect(await outcomes(world, raw)).toBe('inbox')
    expect(world.mailbox('alice').last).not.toContain('Authentication-Results')
    expect([world.dns.asked, world.judged]).toEqual([[], []])
  })

  test('results in our name are taken out wherever they stand, those of others stay (RFC 8601 §5)', async () => {
    const world = new VerifyingWorld({ authservId: 'Facteur.test' })
    const others = 'Authentication-Results: list.test; dkim=pass\r\n'
    const forged = 'Authentication-Results: facteur.TEST (me) 1; dmarc=pass header.from=bank.test\r\n'
    await world.send(`${others}${forged}${letterFrom('outside.test')}`.replace('\r\n\r\n', `\r\n${forged}\r\n`))
    const { header } = parseHeader(bytes(world.mailbox('alice').last))
    expect(header.all('authentication-results').map((value) => value.trim().split(/[;\s]/)[0])).toEqual([
      'facteur.test',
      'list.test',
    ])
    expect(world.mailbox('alice').last).not.toContain('bank.test')
  })
})

const reported = (id: string, result: string) =>
  letterFrom('example.com', `Authentication-Results: ${id}; spf=${result} smtp.mailfrom=boss@example.com\r\n`)

describe('Email Routing, which does not tell the client', () => {
  test('leaves SPF of the author in doubt, and doubt refuses nothing', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=reject')
    expect(await outcomes(world, letterFrom('example.com'), fromRouting, 'boss@mail.example.com')).toBe('inbox')
    expect(await outcomes(world, letterFrom('example.com'), fromRouting, '')).toBe('inbox')
    expect(resultsIn(world.mailbox('alice').last)).toEqual({ dkim: 'none', dmarc: 'temperror' })
  })

  test('what SPF could not have saved fails', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=reject')
    expect(await outcomes(world, letterFrom('example.com'), fromRouting, 'eve@outside.test')).toBe('550')
  })

  test('whom we trust may have found it out', async () => {
    const world = new VerifyingWorld({ trustedAuthservIds: ['mx.route.test'] }).publish('example.com', 'p=reject')
    expect(await outcomes(world, reported('mx.route.test', 'pass'), fromRouting, 'boss@example.com')).toBe('inbox')
    expect(resultsIn(world.mailbox('alice').last)).toEqual({ spf: 'pass', dkim: 'none', dmarc: 'pass' })
    expect(await outcomes(world, reported('mx.route.test', 'fail'), fromRouting, 'boss@example.com')).toBe('550')
  })

  test('others may say what they like, and on the bridge nobody is asked', async () => {
    const world = new VerifyingWorld({ trustedAuthservIds: ['mx.route.test'] })
    world.publish('example.com', 'p=reject', 'v=spf1 -all')
    const below = reported('mx.route.test', 'pass')
    for (const id of ['other.test; none', 'other.test; spf=pass smtp.mailfrom=boss@example.com', '(']) {
      const raw = `Authentication-Results: ${id}\r\n${below}`
      expect(await outcomes(world, raw, fromRouting, 'boss@example.com')).toBe('inbox')
      expect(resultsIn(world.mailbox('alice').last).dmarc).toBe('temperror')
    }
    expect(await outcomes(world, below, fromOutside, 'boss@example.com')).toBe('550')
  })
})
