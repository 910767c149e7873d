/** In whose name our people send, how much, and to whom not (RFC 6409 §6.1). */
import { describe, expect, test } from 'vitest'
import type { Origin, SendingVerdict } from '../../src/arrival/index.ts'
import { parseReport } from '../../src/format/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'

const fromAlice: Origin = { kind: 'submission', protocol: 'ESMTPSA', accountId: 'alice', transactionId: 't1' }

function stage(verdict: SendingVerdict = { refused: [] }) {
  const world = new MemoryWorld()
  world.host('facteur.test', 'alice', 'bob').setAlias('office', ['alice@facteur.test', 'bob@facteur.test'])
  world.domain('facteur.test').setAlias('friend', ['friend@elsewhere.test'])
  world.dns.set('elsewhere.test', { A: ['192.0.2.8'] })
  const asked: unknown[] = []
  world.ports.sending = {
    async check(accountId, outside, committed) {
      asked.push({ accountId, outside, committed })
      return verdict
    },
  }
  const send = async (fields: string, to: string[], origin = fromAlice) =>
    world.accept({
      envelope: {
        reversePath: 'alice@facteur.test',
        smtputf8: false,
        body: '7BIT',
        recipients: to.map((address) => ({ address })),
      },
      raw: new TextEncoder().encode(`${fields}\r\n\r\nHello\r\n`),
      origin,
    })
  return { world, asked, send }
}

describe('the author', () => {
  test.each([
    ['one’s own address', 'From: Alice <alice@facteur.test>'],
    ['one’s own subaddress', 'From: alice+news@facteur.test'],
    ['an alias that leads to one', 'From: Office <office@facteur.test>'],
    [
      'somebody else’s, resent in one’s own name (RFC 5322 §3.6.6)',
      'Resent-From: alice@facteur.test\r\nFrom: x@y.test',
    ],
    ['none: the message is completed elsewhere or not', 'Subject: x'],
  ])('may be %s', async (_, fields) => {
    expect(await stage().send(fields, ['bob@facteur.test'])).toMatchObject({ code: 250 })
  })

  test.each([
    ['a colleague', 'From: bob@facteur.test', 'From: <bob@facteur.test>'],
    ['a stranger', 'From: ceo@bank.example', 'From: <ceo@bank.example>'],
    ['oneself and a colleague', 'From: alice@facteur.test, bob@facteur.test', 'From: <bob@facteur.test>'],
    ['a colleague in a group', 'From: all:bob@facteur.test;', 'From: <bob@facteur.test>'],
    ['a colleague who resends', 'Resent-From: bob@facteur.test\r\nFrom: alice@facteur.test', 'Resent-From: <bob@'],
  ])('is refused when it is %s', async (_, fields, named) => {
    const { send, world } = stage()
    const reply = await send(fields, ['bob@facteur.test'])
    expect(reply).toMatchObject({ code: 550, enhanced: '5.7.1', text: expect.stringContaining(named) as string })
    expect(world.mailbox('bob').messages).toEqual([])
  })

  test('is not asked about where nobody logged in', async () => {
    const origin: Origin = { kind: 'smtp', clientAddress: '192.0.2.7', protocol: 'ESMTP', transactionId: 't2' }
    expect(await stage().send('From: bob@facteur.test', ['alice@facteur.test'], origin)).toMatchObject({ code: 250 })
  })
})

describe('what goes outside', () => {
  const mine = 'From: alice@facteur.test'

  test('is reported on in the language of the account', async () => {
    const { send, world } = stage({ refused: [], language: 'pl' })
    await send(mine, ['friend@elsewhere.test'])
    expect(world.queue('elsewhere.test').list()[0]?.envelope.language).toBe('pl')
  })

  test('is asked about once, with its recipients outside', async () => {
    const { send, asked } = stage()
    await send(mine, ['bob@facteur.test', 'x@elsewhere.test', 'y@elsewhere.test'])
    expect(asked).toEqual([{ accountId: 'alice', outside: ['x@elsewhere.test', 'y@elsewhere.test'], committed: false }])
  })

  test('is not asked about when nothing does, or an alias of ours sends it there', async () => {
    const { send, asked } = stage()
    await send(mine, ['bob@facteur.test', 'friend@facteur.test'])
    expect(asked).toEqual([])
  })

  test('is refused as a whole when it is too much', async () => {
    const { send, world } = stage({ refusal: { code: 450, enhanced: '4.7.0', text: 'Too much' }, refused: [] })
    expect(await send(mine, ['bob@facteur.test', 'x@elsewhere.test'])).toMatchObject({ code: 450, text: 'Too much' })
    expect(world.mailbox('bob').messages).toEqual([])
    expect(world.queue('elsewhere.test').size).toBe(0)
  })

  const back = { address: 'x@elsewhere.test', reply: { code: 550, enhanced: '5.1.1', text: 'It came back' } }

  test('to an address that mail came back from is refused', async () => {
    const { send } = stage({ refused: [back] })
    expect(await send(mine, ['x@elsewhere.test'])).toMatchObject(back.reply)
  })

  test('goes on where an alias leads, also to the address that is refused beside it', async () => {
    const { send, world } = stage({ refused: [back] })
    world.domain('facteur.test').setAlias('all', ['bob@facteur.test', 'x@elsewhere.test'])
    expect(await send(mine, ['x@elsewhere.test', 'all@facteur.test'])).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now() + 3_600_000)
    expect(world.mailbox('bob').messages).toHaveLength(1)
    expect(world.dialer.sent).toHaveLength(1)
    expect(world.mailbox('alice').messages).toHaveLength(1)
    const report = parseReport(world.mailbox('alice').messages[0]?.raw as Uint8Array)
    expect(
      report?.recipients.map(({ finalRecipient, originalRecipient }) => [finalRecipient, originalRecipient]),
    ).toEqual([['x@elsewhere.test', undefined]])
  })

  test('goes to the others, and a report says what became of the rest', async () => {
    const { send, world } = stage({ refused: [back] })
    expect(await send(mine, ['x@elsewhere.test', 'y@elsewhere.test'])).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now() + 3_600_000)
    expect(world.dialer.sent.map(({ request }) => request.envelope.recipients.map(({ address }) => address))).toEqual([
      ['y@elsewhere.test'],
    ])
    expect(world.mailbox('alice').last).toContain('It came back')
  })
})
