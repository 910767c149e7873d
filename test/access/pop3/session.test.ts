import { describe, expect, it } from 'vitest'
import { defaultSessionLimits } from '../../../src/access/pop3/index.ts'
import { StoreError } from '../../../src/mailbox/index.ts'
import { chunkSizes } from '../../chunked.ts'
import { Client, deliver, message, newStore, transcript } from './harness.ts'

/** The maildrop of RFC 1939 §5: two messages of 120 and 200 octets. */
async function example(options: Parameters<typeof Client.open>[1] = {}): Promise<Client> {
  const store = newStore()
  deliver(store, [message(120), message(200)])
  return Client.open(store, options)
}

describe('the examples of RFC 1939 §5 and §7', () => {
  it.each(chunkSizes)('fed in pieces of %d', async (size) => {
    const client = await example({ size })
    const [first, second] = ['M8', 'M9']
    await transcript(
      client,
      `C: STAT
       S: +OK 2 320
       C: LIST
       S: +OK 2 messages (320 octets)
       S: 1 120
       S: 2 200
       S: .
       C: LIST 2
       S: +OK 2 200
       C: LIST 3
       S: -ERR No such message
       C: UIDL
       S: +OK 2 messages (320 octets)
       S: 1 ${first}
       S: 2 ${second}
       S: .
       C: UIDL 2
       S: +OK 2 ${second}
       C: UIDL 3
       S: -ERR No such message
       C: DELE 1
       S: +OK Message 1 is marked
       C: DELE 1
       S: -ERR Message 1 is marked as deleted
       C: RETR 1
       S: -ERR Message 1 is marked as deleted
       C: LIST
       S: +OK 1 messages (200 octets)
       S: 2 200
       S: .
       C: STAT
       S: +OK 1 200
       C: RSET
       S: +OK 2 messages (320 octets)
       C: NOOP
       S: +OK
       C: TOP 100 3
       S: -ERR No such message
       C: QUIT
       S: +OK 0 messages deleted`,
    )
    expect(client.store.view(client.store.mailboxByRole('inbox')!.id).length).toBe(2)
  })
})

describe('the login', () => {
  it('is answered with the maildrop, and what was pipelined behind it comes after (RFC 2449 §6.6)', async () => {
    const store = newStore()
    deliver(store, message(120))
    const client = Client.waiting(store)
    const begun = client.session.begin()
    const answer = client.send('STAT\r\nQUIT\r\n')
    await begun
    expect(await answer).toBe('+OK 1 messages (120 octets)\r\n+OK 1 120\r\n+OK 0 messages deleted\r\n')
    expect(client.controls).toEqual([{ close: true }])
  })

  it('counts sizes that were never counted, and fails when the octets are not to be had (RFC 3206 §4)', async () => {
    const store = newStore()
    deliver(store, message(120))
    store.crlfSizes = () =>
      new Map([
        [1 as never, null],
        [8 as never, null],
      ])
    store.countCrlfSizes = () => Promise.reject(new StoreError('unavailable', 'the blob store is away'))
    const client = Client.waiting(store)
    await client.session.begin()
    expect(client.take()).toBe('-ERR [SYS/TEMP] the blob store is away\r\n')
    expect(client.controls).toEqual([{ close: true }])
    expect(client.session.closed).toBe(true)
  })
})

describe('messages', () => {
  it('go out whole, with dots doubled, and as many octets as were told (RFC 1939 §3, §11)', async () => {
    const store = newStore()
    const dots = 'Subject: dots\r\n\r\n.\r\n..\r\nend'
    const lone = 'Subject: lone\n\n.\nQUIT\n'
    deliver(store, [dots, lone, ''])
    const client = await Client.open(store)
    const octets = [dots.length + 2, lone.length + 4, 0]
    expect(await client.command('LIST')).toEqual([
      '+OK 3 messages (55 octets)',
      ...octets.map((n, i) => `${i + 1} ${n}`),
      '.',
    ])
    expect(await client.send('RETR 1\r\n')).toBe(
      `+OK ${octets[0]} octets\r\nSubject: dots\r\n\r\n..\r\n...\r\nend\r\n.\r\n`,
    )
    expect(await client.send('RETR 2\r\n')).toBe(`+OK ${octets[1]} octets\r\nSubject: lone\r\n\r\n..\r\nQUIT\r\n.\r\n`)
    expect(await client.send('RETR 3\r\n')).toBe('+OK 0 octets\r\n.\r\n')
    expect(await client.send('TOP 1 1\r\n')).toBe(`+OK ${octets[0]} octets\r\nSubject: dots\r\n\r\n..\r\n.\r\n`)
    expect(await client.send('TOP 3 1\r\n')).toBe('+OK 0 octets\r\n.\r\n')
  })

  it('are not marked as read by RETR', async () => {
    const client = await example()
    const [email] = client.store.emails([8 as never])
    await client.send('RETR 1\r\nRETR 2\r\nTOP 1 5\r\n')
    expect(client.store.keywordsOf(email!)).toEqual([])
    expect(client.store.changedSince(client.store.mailboxByRole('inbox')!.id, 9)).toEqual([])
  })

  it('are the same in any order, pipelined or one at a time, marked or not', async () => {
    const store = newStore()
    const texts = Array.from({ length: 40 }, (_, n) => message(200 + n * 7, `number ${n + 1}`))
    deliver(store, texts)
    const client = await Client.open(store, { limits: { readAhead: 2000 } })
    const answer = (n: number) => `+OK ${texts[n - 1]?.length} octets\r\n${texts[n - 1]}.\r\n`
    const order = Array.from({ length: 40 }, (_, n) => n + 1)
    for (const numbers of [order, order.toReversed(), [5, 5, 6, 1, 2, 3, 40, 7, 8]]) {
      expect(await client.send(numbers.map((n) => `RETR ${n}\r\n`).join(''))).toBe(numbers.map(answer).join(''))
      for (const n of numbers) expect(await client.send(`RETR ${n}\r\n`)).toBe(answer(n))
    }
    await client.send('DELE 2\r\nDELE 4\r\n')
    expect(await client.send('RETR 1\r\nRETR 2\r\nRETR 3\r\n')).toBe(
      `${answer(1)}-ERR Message 2 is marked as deleted\r\n${answer(3)}`,
    )
  })

  it('that a client takes one after the other need few statements', async () => {
    const store = newStore()
    deliver(
      store,
      Array.from({ length: 100 }, () => message(1000)),
    )
    let statements = 0
    const inline = store.inlineMessages.bind(store)
    store.inlineMessages = (ids) => {
      statements++
      return inline(ids)
    }
    const client = await Client.open(store, { limits: { readAhead: 20_000 }, ahead: true })
    for (let n = 1; n <= 100; n++) expect((await client.command(`RETR ${n}`))[0]).toBe('+OK 1000 octets')
    expect(statements).toBeLessThan(10)
    expect(client.forwarded).toBe(2)
  })

  it('that are large go out in pieces, and wait for a client that does not read', async () => {
    const store = newStore()
    const large = `Subject: large\r\n\r\n${`.${'x'.repeat(997)}\r\n`.repeat(5_000)}`
    deliver(store, large)
    const window = 256 * 1024
    const client = await Client.open(store, { limits: { outputWindow: window }, reading: false })
    const done = client.send('RETR 1\r\nSTAT\r\n')
    for (let turn = 0; turn < 1000; turn++) await Promise.resolve()
    const before = client.pieces.reduce((sum, piece) => sum + piece.length, 0)
    expect(before).toBeGreaterThan(window)
    expect(before).toBeLessThan(window + 1024 * 1024 + 256 * 1024)
    client.reading = true
    client.session.acknowledge(before)
    const text = await done
    expect(text).toBe(`+OK ${large.length} octets\r\n${large.replaceAll('\n.', '\n..')}.\r\n+OK 1 ${large.length}\r\n`)
  })

  it('whose end is lost in the middle are never finished with a dot', async () => {
    const store = newStore()
    const [email] = deliver(store, `Subject: large\r\n\r\n${'x'.repeat(998)}\r\n`.padEnd(3_000_000, 'y'))
    const client = await Client.open(store, { limits: { outputWindow: 1000 }, reading: false })
    const done = client.send('RETR 1\r\n')
    for (let turn = 0; turn < 100; turn++) await Promise.resolve()
    store.destroy([email!.id])
    client.reading = true
    client.session.acknowledge(10_000_000)
    const text = await done
    expect(text.length).toBeLessThan(3_000_000)
    expect(text.endsWith('.\r\n')).toBe(false)
    expect(client.controls).toEqual([{ close: true }])
  })
})

describe('CAPA and LANG', () => {
  it('say the same after the login as before (RFC 2449 §5)', async () => {
    const client = await example()
    const lines = await client.command('CAPA')
    expect(lines).toEqual(
      expect.arrayContaining([
        'PIPELINING',
        'UIDL',
        'TOP',
        'EXPIRE NEVER',
        'SASL SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN',
        '.',
      ]),
    )
    expect(lines).not.toContain('STLS')
    const bound = await example({ facts: { bound: true } })
    expect(await bound.command('CAPA')).toContain(
      'SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN',
    )
    bound.hibernate()
    expect((await bound.command('CAPA')).join()).toContain('SCRAM-SHA-256-PLUS')
    expect(await client.command('LANG en')).toEqual(['+OK en Texts are English'])
  })
})

describe('a hostile client', () => {
  it('is closed after too many refusals', async () => {
    const client = await example({ limits: { badCommands: 3 } })
    const answer = await client.send('XYZZY\r\n'.repeat(10))
    expect(answer).toBe('-ERR Unknown command\r\n'.repeat(4) + '-ERR Too many bad commands\r\n')
    expect(client.controls).toEqual([{ close: true }])
    expect(await client.send('STAT\r\n')).toBe('')
  })

  it('is closed for a line without an end', async () => {
    const client = await example()
    expect(await client.send('x'.repeat(defaultSessionLimits.line + 2))).toBe('-ERR Line too long\r\n')
    expect(client.session.closed).toBe(true)
  })

  it('that does not read the answers gets no more of them, however short they are', async () => {
    const client = await example({ limits: { outputWindow: 1000 }, reading: false })
    const done = client.send('NOOP\r\n'.repeat(10_000))
    for (let turn = 0; turn < 10_000; turn++) await Promise.resolve()
    expect(client.pieces.reduce((sum, piece) => sum + piece.length, 0)).toBeLessThan(200_000)
    client.reading = true
    client.session.acknowledge(1_000_000)
    expect(await done).toBe('+OK\r\n'.repeat(10_000))
  })

  it('is closed when it sends commands and never reads the answers', async () => {
    const store = newStore()
    deliver(store, message(50_000))
    const client = await Client.open(store, { limits: { outputWindow: 1000, pending: 10_000 }, reading: false })
    void client.send('RETR 1\r\n'.repeat(10))
    const rest = client.session.receive(new TextEncoder().encode('RETR 1\r\n'.repeat(2000)))
    await rest
    expect(client.session.closed).toBe(true)
    expect(client.pieces.reduce((sum, piece) => sum + piece.length, 0)).toBeLessThan(200_000)
  })
})
