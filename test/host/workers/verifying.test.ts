/** Mail from outside as the Worker judges it: its own crypto, its own resolver over DNS-over-HTTPS. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeUtf8, prependFields } from '../../../src/format/index.ts'
import { generateKeyPair, importSigningKey, readSignedMessage, signDkim } from '../../../src/protocol/dkim/index.ts'
import type { SigningKey } from '../../../src/protocol/dkim/index.ts'
import { account, basic, envelope, fromOutside, furnish, jmap, LinkClient, message, resultOf } from './house.ts'
import { dohAnswer } from './outside.ts'

const client = '198.51.100.7'
const outside = { ...fromOutside, clientAddress: client, helo: 'mail.signed.test' }
const algorithms = ['rsa-sha256', 'ed25519-sha256'] as const

let link: LinkClient
let ids: Record<string, string>
const keys: SigningKey[] = []
/** TXT and A by name; what is not there does not exist. */
const zone = new Map<string, Record<string, unknown[]>>()
let asked: string[] = []
let isDead = false

beforeAll(async () => {
  ids = await furnish('judged.test', ['alice'])
  for (const algorithm of algorithms) {
    const pair = await generateKeyPair(algorithm, crypto.subtle)
    keys.push(await importSigningKey({ selector: algorithm, algorithm, privateKey: pair.privateKey }, crypto.subtle))
    zone.set(`${algorithm}._domainkey.signed.test`, { TXT: [pair.record.match(/.{1,255}/g)] })
  }
  zone.set('signed.test', { TXT: [`v=spf1 ip4:${client} -all`] })
  zone.set('7.100.51.198.in-addr.arpa', { PTR: ['mail.signed.test'] })
  zone.set('mail.signed.test', { A: [client] })
  for (const policy of ['reject', 'quarantine', 'none']) {
    zone.set(`${policy}.test`, { TXT: ['v=spf1 -all'] })
    zone.set(`_dmarc.${policy}.test`, { TXT: [`v=DMARC1; p=${policy}`] })
  }
  zone.set('_dmarc.signed.test', { TXT: ['v=DMARC1; p=reject'] })
  link = await LinkClient.open()
})

beforeEach(() => {
  asked = []
  isDead = false
  vi.stubGlobal('fetch', async (input: string | URL | Request): Promise<Response> => {
    return dohAnswer(new Request(input).url, (name, type) => {
      asked.push(`${type} ${name}`)
      if (isDead) throw new Error('connection refused')
      const records = zone.get(name)
      return records === undefined ? undefined : (records[type] ?? [])
    })
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

const to = (reversePath: string) => envelope(reversePath, 'alice@judged.test')

async function stored(subject: string): Promise<{ mailbox: string; results: string; received: string }> {
  const accountId = ids.alice as string
  const header = 'header:Authentication-Results:asText'
  const received = 'header:Received'
  const answers = await jmap(basic('alice@judged.test'), [
    ['Email/query', { accountId, filter: { subject } }, 'q'],
    [
      'Email/get',
      {
        accountId,
        properties: ['mailboxIds', header, received],
        '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
      },
      'e',
    ],
    ['Mailbox/get', { accountId, properties: ['role'] }, 'm'],
  ])
  const [email] = resultOf<{ list: Record<string, string>[] }>(answers, 'e').list
  const boxes = resultOf<{ list: { id: string; role: string }[] }>(answers, 'm').list
  const mailboxIds = email?.mailboxIds as unknown as Record<string, true>
  return {
    mailbox: boxes.find(({ id }) => mailboxIds[id])?.role ?? 'none',
    results: email?.[header] ?? '',
    received: email?.[received] ?? '',
  }
}

const deliver = (from: LinkClient) =>
  from.deliver(to('boss@none.test'), message({ from: 'boss@none.test', subject: 'Again' }), outside)

describe('mail from outside', () => {
  it.each(algorithms)('signed by %s passes, and JMAP shows it', async (algorithm) => {
    const plain = message({ from: 'boss@signed.test', subject: `By ${algorithm}` })
    const options = { domain: 'signed.test', keys: keys.filter((key) => key.algorithm === algorithm), now: Date.now() }
    const raw = prependFields(plain, await signDkim(readSignedMessage(plain), options, crypto.subtle))
    expect(await link.deliver(to('boss@signed.test'), raw, outside)).toMatchObject({ code: 250 })
    const { mailbox, results, received } = await stored(`By ${algorithm}`)
    expect(mailbox).toBe('inbox')
    for (const result of [
      'mail.facteur.test',
      'iprev=pass',
      'spf=pass',
      'dkim=pass',
      `header.a=${algorithm}`,
      'dmarc=pass',
    ])
      expect(results).toContain(result)
    expect(received).toContain('mail.signed.test [198.51.100.7]')
  })

  it('forged in the name of a domain that asks to reject is refused: 550 5.7.1', async () => {
    const raw = message({ from: 'boss@reject.test', subject: 'Forged' })
    const reply = await link.deliver(to('boss@reject.test'), raw, outside)
    expect(reply).toMatchObject({ code: 550, enhanced: '5.7.1' })
    expect(String(reply.text)).toContain('reject.test')
  })

  it('forged in the name of one that asks to quarantine is in the mailbox for junk', async () => {
    const raw = message({ from: 'boss@quarantine.test', subject: 'Doubtful' })
    expect(await link.deliver(to('boss@quarantine.test'), raw, outside)).toMatchObject({ code: 250 })
    const { mailbox, results } = await stored('Doubtful')
    expect(mailbox).toBe('junk')
    expect(results).toContain('policy.dmarc=quarantine')
  })

  it('is in the inbox where there is no mailbox for junk', async () => {
    const carol = (await furnish('junkless.test', ['carol'])).carol as string
    const boxes = await jmap(basic('carol@junkless.test'), [
      ['Mailbox/get', { accountId: carol, properties: ['role'] }, 'm'],
    ])
    const { list } = resultOf<{ list: { id: string; role: string }[] }>(boxes, 'm')
    const junk = list.find(({ role }) => role === 'junk')?.id
    await jmap(basic('carol@junkless.test'), [['Mailbox/set', { accountId: carol, destroy: [junk] }, 's']])
    const raw = message({ from: 'boss@quarantine.test', subject: 'No junk' })
    const here = envelope('boss@quarantine.test', 'carol@junkless.test')
    expect(await link.deliver(here, raw, outside)).toMatchObject({ code: 250 })
    expect((await account(carol).usage()).messages).toBe(1)
  })

  it('cannot bring results in our name (RFC 8601 §5)', async () => {
    const forged = encodeUtf8('Authentication-Results: mail.facteur.test; dmarc=pass header.from=bank.test\r\n')
    const raw = prependFields(message({ from: 'boss@none.test', subject: 'Vain' }), [new TextDecoder().decode(forged)])
    await link.deliver(to('boss@none.test'), raw, outside)
    const { results } = await stored('Vain')
    expect(results).toContain('dmarc=fail')
    expect(results).not.toContain('bank.test')
  })

  it('asks the DNS once for what it was told, over links and messages', async () => {
    await deliver(link)
    const before = asked.length
    await Promise.all([deliver(link), deliver(link), deliver(await LinkClient.open())])
    expect(asked.slice(before)).toEqual([])
  })

  it('from a trusted network is not touched, and costs no question', async () => {
    const raw = message({ from: 'boss@reject.test', subject: 'Ours' })
    expect(await link.deliver(to('boss@reject.test'), raw, fromOutside)).toMatchObject({ code: 250 })
    expect((await stored('Ours')).results).toBe('')
    expect(asked).toEqual([])
  })

  it('is taken without answers from the DNS, and soon without asking', async () => {
    isDead = true
    for (let n = 0; n < 6; n++) {
      const raw = message({ from: `boss@dead${n}.test`, subject: `Doubt ${n}` })
      const from = { ...outside, clientAddress: `203.0.113.${n}` }
      // Nothing of this domain is remembered.
      expect(await link.deliver(to(`boss@dead${n}.test`), raw, from)).toMatchObject({ code: 250 })
    }
    expect((await stored('Doubt 5')).results).toMatch(/spf=temperror/)
    // The trial, and what was under way before it.
    expect(asked.filter((question) => question.endsWith('.invalid'))).toHaveLength(1)
    expect(asked.length).toBeLessThan(9)
  })
})
