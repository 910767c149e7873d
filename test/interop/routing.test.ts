/**
 * From recipient to place: aliases that loop and lead out, catch-alls, subaddresses, spelling, and mail that goes in circles.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { alice, bob, readMailbox } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { type Parts, startParts } from './parts.ts'
import { type ScriptedRemote, startScriptedRemote } from './scripted-remote.ts'
import { greeted, transact, type Transaction } from './smtp-client.ts'

let parts: Parts
let doh: DohServer
let remote: ScriptedRemote

const aliases: Readonly<Record<string, string[]>> = {
  'one@facteur.test': ['two@facteur.test'],
  'two@facteur.test': ['three@second.test'],
  'three@second.test': ['one@facteur.test'],
  'half@facteur.test': ['half2@facteur.test', alice],
  'half2@facteur.test': ['half@facteur.test'],
  'sales@facteur.test': [alice],
  'office@facteur.test': [alice, 'sales@facteur.test', 'desk@second.test'],
  'desk@second.test': ['Alice+desk@FACTEUR.test'],
  'away@facteur.test': ['friend@elsewhere.test'],
  '*@second.test': ['nobody@facteur.test'],
  '*@bücher.test': [bob],
}

beforeAll(async () => {
  remote = await startScriptedRemote()
  doh = await startDohServer({ 'elsewhere.test': [{ type: 'A', address: '127.0.0.1' }] })
  parts = await startParts({ bindings: { FACTEUR_DOH: doh.url, FACTEUR_MX_PORT: String(remote.port) } })
  await parts.admin('POST', '/domains', { name: 'second.test' })
  await parts.admin('POST', '/domains', { name: 'bücher.test' })
  for (const [address, targets] of Object.entries(aliases)) {
    await parts.admin('PUT', `/aliases/${encodeURIComponent(address)}`, { targets })
  }
})

afterAll(async () => {
  await parts?.stop()
  await remote?.close()
  await doh?.close()
})

beforeEach(() => {
  remote.lines.length = 0
  remote.messages.length = 0
})

let number = 0

/** From outside; the last reply, and the sources of what alice and bob got. */
async function send(transaction: Transaction) {
  const subject = `routing ${++number}`
  const client = await greeted(parts.ports.smtp)
  const raw = `${transaction.raw ?? ''}Subject: ${subject}\r\n\r\nHello.\r\n`
  const replies = await transact(client, { ...transaction, raw })
  client.destroy()
  const got = async (user: string) =>
    (await readMailbox(parts, user)).filter((message) => message.subject === subject).map(({ source }) => source)
  return { last: replies.at(-1) ?? '', alice: await got(alice), bob: await got(bob) }
}

describe('aliases', () => {
  test('that chase each other over two domains are refused in the dialogue: 5.4.6', async () => {
    expect((await send({ to: 'one@facteur.test' })).last).toMatch(/^550 5\.4\.6 /)
  })

  test('that chase each other beside a mailbox reach the mailbox', async () => {
    const { last, alice: got } = await send({ to: 'half@facteur.test' })
    expect(last).toMatch(/^250 /)
    expect(got).toHaveLength(1)
  })

  test('several to one mailbox, and the mailbox itself, deliver once', async () => {
    const to = ['office@facteur.test', 'sales@facteur.test', alice, 'ALICE+x@facteur.test']
    const { last, alice: got } = await send({ to })
    expect(last).toMatch(/^250 /)
    expect(got).toHaveLength(1)
  })

  test('have subaddresses too (RFC 5233)', async () => {
    const { alice: got } = await send({ to: 'sales+spring@facteur.test' })
    expect(got).toHaveLength(1)
    expect(got[0]).toMatch(/^Delivered-To: sales\+spring@facteur\.test\r$/m)
  })

  test('lead outside under the original sender, and mark the message against loops', async () => {
    expect((await send({ to: 'away@facteur.test' })).last).toMatch(/^250 /)
    await expect.poll(() => remote.messages.length, { timeout: 5_000, interval: 10 }).toBe(1)
    expect(remote.lines.find((line) => line.startsWith('MAIL'))).toMatch(/^MAIL FROM:<someone@outside\.test>/)
    expect(remote.lines.find((line) => line.startsWith('RCPT'))).toMatch(/^RCPT TO:<friend@elsewhere\.test>/)
    const [onward = ''] = remote.messages
    expect(onward).toMatch(/^Delivered-To: away@facteur\.test\r$/m)
    // What elsewhere.test forwards back has been here: it ends, instead of going round for ever.
    const { last } = await send({ to: 'away@facteur.test', raw: onward.split('\r\n\r\n')[0]?.concat('\r\n') ?? '' })
    expect(last).toMatch(/^554 5\.4\.6 /)
  })

  test('a catch-all that leads to nobody is an unknown user', async () => {
    expect((await send({ to: 'anything@second.test' })).last).toMatch(/^550 5\.1\.1 /)
  })
})

describe('spelling', () => {
  test.each([
    'ALICE@FACTEUR.TEST',
    'alice@Facteur.Test',
    '"alice"@facteur.test',
    '@relay.test,@other.test:alice@facteur.test',
    'AliCe+Detail@facteur.TEST',
  ])('<%s> is alice', async (to) => {
    const { last, alice: got } = await send({ to })
    expect(last).toMatch(/^250 /)
    expect(got).toHaveLength(1)
  })

  test.each([
    ['in A-labels', 'any@xn--bcher-kva.test', ''],
    ['in A-labels of another case', 'any@XN--BCHER-KVA.TEST', ''],
    ['in U-labels (RFC 6531 §3.3)', 'any@b\u00c3\u00bccher.test', 'SMTPUTF8'],
    ['in U-labels, decomposed', 'any@bu\u00cc\u0088cher.test', 'SMTPUTF8'],
  ])('an internationalised domain %s is one domain', async (_, to, mail) => {
    const client = await greeted(parts.ports.smtp)
    await client.say(`MAIL FROM:<a@outside.test> ${mail}\r\n`, /^250 /m)
    const reply = await client.say(Buffer.from(`RCPT TO:<${to}>\r\n`, 'latin1'), /^\d{3} .*\r\n/m)
    client.destroy()
    expect(reply).toMatch(/^250 /)
  })

  test('and in U-labels without SMTPUTF8 it is refused (RFC 6531 §3.5)', async () => {
    const client = await greeted(parts.ports.smtp)
    await client.say('MAIL FROM:<a@outside.test>\r\n', /^250 /m)
    const reply = await client.say(Buffer.from('RCPT TO:<any@b\u00c3\u00bccher.test>\r\n', 'latin1'), /\r\n/)
    client.destroy()
    expect(reply).toMatch(/^553 5\.6\.7 /)
  })
})

describe('a message that goes in circles', () => {
  test('is refused with a hundred Received fields: 554 5.4.6 (RFC 5321 §6.3)', async () => {
    const hop = 'Received: from a.test by b.test with ESMTP id x; Mon, 2 Nov 2026 10:00:00 +0000\r\n'
    expect((await send({ to: alice, raw: hop.repeat(99) })).last).toMatch(/^250 /)
    expect((await send({ to: alice, raw: hop.repeat(100) })).last).toMatch(/^554 5\.4\.6 /)
  })

  test('is refused by the mailbox that had it before, in whatever spelling', async () => {
    expect((await send({ to: alice, raw: 'Delivered-To: ALICE@Facteur.test\r\n' })).last).toMatch(/^554 5\.4\.6 /)
    expect((await send({ to: alice, raw: 'Delivered-To: bob@facteur.test\r\n' })).last).toMatch(/^250 /)
  })
})

describe('no relay for a stranger (RFC 5321 §7.9)', () => {
  test.each([
    ['another domain', '<friend@elsewhere.test>', /^550 5\.7\.1 /],
    ['the percent hack', '<friend%elsewhere.test@facteur.test>', /^550 5\.1\.1 /],
    ['a bang path', '<elsewhere.test!friend@facteur.test>', /^550 5\.1\.1 /],
    ['a quoted local part with another address', '<"friend@elsewhere.test"@facteur.test>', /^550 5\.1\.1 /],
    ['two domains', '<friend@elsewhere.test@facteur.test>', /^501 5\.1\.3 /],
    ['a source route through us', '<@facteur.test:friend@elsewhere.test>', /^550 5\.7\.1 /],
    ['our address as a literal', '<alice@[127.0.0.1]>', /^550 5\.7\.1 /],
    ['an IPv6 literal', '<alice@[IPv6:::1]>', /^550 5\.7\.1 /],
    ['no domain', '<alice>', /^501 5\.1\.3 /],
    ['nothing', '<>', /^501 5\.1\.3 /],
    ['a subaddress that looks like a route', '<alice+friend@elsewhere.test>', /^550 5\.7\.1 /],
    ['our domain with a dot behind', '<alice@facteur.test.>', /^501 5\.1\.3 /],
    ['a domain below ours', '<alice@sub.facteur.test>', /^550 5\.7\.1 /],
    ['another domain in capitals', '<FRIEND@ELSEWHERE.TEST>', /^550 5\.7\.1 /],
    ['a chain of routes', '<@facteur.test,@second.test:friend@elsewhere.test>', /^550 5\.7\.1 /],
    ['a route inside quotes', '<"@elsewhere.test:friend"@facteur.test>', /^550 5\.1\.1 /],
    ['the percent hack inside quotes', '<"friend%elsewhere.test"@facteur.test>', /^550 5\.1\.1 /],
    ['the percent hack twice', '<friend%elsewhere.test%second.test@facteur.test>', /^550 5\.1\.1 /],
    ['a bang path with a percent', '<elsewhere.test!friend%x.test@facteur.test>', /^550 5\.1\.1 /],
    ['the percent hack where a catch-all would take it', '<friend%elsewhere.test@second.test>', /^550 5\.1\.1 /],
    ['an escaped at', '<"friend\\@elsewhere.test"@facteur.test>', /^550 5\.1\.1 /],
    ['a colon and no route', '<elsewhere.test:friend@facteur.test>', /^501 5\.1\.3 /],
    ['nothing behind the at', '<alice@>', /^501 5\.1\.3 /],
    ['nothing before the at', '<@facteur.test>', /^501 5\.1\.3 /],
    ['a domain of dots', '<alice@.>', /^501 5\.1\.3 /],
    ['the root', '<alice@..>', /^501 5\.1\.3 /],
    ['an address as a number', '<friend@2130706433>', /^550 5\.7\.1 /],
    ['a literal inside the local part', '<friend%[127.0.0.1]@facteur.test>', /^501 5\.1\.3 /],
    ['no brackets', 'friend@elsewhere.test', /^501 5\.5\.4 /],
    ['an NUL in the address', '<alice@facteur.test\0@elsewhere.test>', /^500 /],
  ])('%s', async (_, path, refusal) => {
    const client = await greeted(parts.ports.smtp)
    await client.say('MAIL FROM:<a@outside.test>\r\n', /^250 /m)
    expect(await client.say(`RCPT TO:${path}\r\n`, /\r\n/)).toMatch(refusal)
    expect(await client.say('RCPT TO:<postmaster@facteur.test>\r\n', /\r\n/)).toMatch(/^250 /)
    client.destroy()
  })

  test.each([
    ['an address of ours', 'alice@facteur.test'],
    ['nobody', ''],
    ['postmaster', 'postmaster@facteur.test'],
    ['our own name', 'postmaster@[127.0.0.1]'],
  ])('nor for one who says to be %s', async (_, from) => {
    const client = await greeted(parts.ports.smtp)
    await client.say(`MAIL FROM:<${from}>\r\n`, /^250 /m)
    expect(await client.say('RCPT TO:<friend@elsewhere.test>\r\n', /\r\n/)).toMatch(/^550 5\.7\.1 /)
    client.destroy()
  })
})
