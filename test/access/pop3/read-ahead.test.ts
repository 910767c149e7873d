import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunkSizes } from '../../chunked.ts'
import { Client, deliver, message, newStore } from './harness.ts'

const texts = Array.from({ length: 30 }, (_, n) => message(300 + n, `number ${n + 1}`))
const answer = (n: number) => `+OK ${texts[n - 1]?.length} octets\r\n${texts[n - 1]}.\r\n`
const limits = { readAhead: 2000 }

async function drop(options: Parameters<typeof Client.open>[1] = { limits, ahead: true }) {
  const store = newStore()
  const emails = deliver(store, texts)
  return { store, emails, client: await Client.open(store, options) }
}

describe('answers sent ahead', () => {
  it('spare a client that takes one message after the other the way to the object', async () => {
    const { client } = await drop()
    for (let n = 1; n <= 30; n++) expect(await client.send(`RETR ${n}\r\n`)).toBe(answer(n))
    expect(client.forwarded).toBe(2)
    expect(await client.send('QUIT\r\n')).toBe('+OK 0 messages deleted\r\n')
  })

  it('spare one that marks each message when it has it, too, and the marks count', async () => {
    const { store, client } = await drop()
    for (let n = 1; n <= 30; n++) {
      expect(await client.send(`RETR ${n}\r\n`)).toBe(answer(n))
      expect(await client.send(`DELE ${n}\r\n`)).toBe(`+OK Message ${n} is marked\r\n`)
    }
    expect(client.forwarded).toBeLessThan(10)
    expect(await client.send('STAT\r\n')).toBe('+OK 0 0\r\n')
    expect(await client.send('QUIT\r\n')).toBe('+OK 30 messages deleted\r\n')
    expect(store.view(store.mailboxByRole('inbox')!.id).length).toBe(0)
  })

  it('that mark keep the session in memory until the bridge has told of them', async () => {
    const { client } = await drop()
    for (let n = 1; n <= 5; n++) await client.send(`RETR ${n}\r\nDELE ${n}\r\n`)
    for (let n = 6; n <= 8; n++) {
      await client.send(`RETR ${n}\r\n`)
      await client.send(`DELE ${n}\r\n`)
    }
    expect(client.session.state()).toBeUndefined()
    await client.send('NOOP\r\n')
    expect(client.session.state()?.maildrop.marked).toEqual([1, 8])
  })

  it('are given out of what is pipelined too, and the rest is forwarded', async () => {
    const { client } = await drop()
    await client.send('RETR 1\r\nRETR 2\r\n')
    const text = await client.send('RETR 3\r\nRETR 4\r\nNOOP\r\nRETR 5\r\n')
    expect(text).toBe(`${answer(3)}${answer(4)}+OK\r\n${answer(5)}`)
    expect(client.forwarded).toBe(2)
  })

  it('are forgotten when the client says something else: a message marked now is not given out', async () => {
    const { client } = await drop()
    await client.send('RETR 1\r\nRETR 2\r\n')
    await client.send('DELE 3\r\n')
    expect(await client.send('RETR 3\r\n')).toBe('-ERR Message 3 is marked as deleted\r\n')
    expect(await client.send('RETR 4\r\n')).toBe(answer(4))
  })

  it('leave out what is marked', async () => {
    const { client } = await drop()
    await client.send('DELE 3\r\nRETR 1\r\nRETR 2\r\n')
    const before = client.forwarded
    expect(await client.send('RETR 4\r\n')).toBe(answer(4))
    expect(client.forwarded).toBe(before)
  })

  it('are not sent to a client that does not take them', async () => {
    const { store, client } = await drop({ limits })
    let read = 0
    const inline = store.inlineMessages.bind(store)
    store.inlineMessages = (ids) => {
      read += ids.length
      return inline(ids)
    }
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) expect(await client.send(`RETR ${n}\r\n`)).toBe(answer(n))
    expect(read).toBeLessThan(40)
  })

  it('do not stay under way when they were forgotten: the window is open again', async () => {
    const { client } = await drop({ limits: { readAhead: 2000, outputWindow: 4000 }, ahead: true })
    for (let round = 0; round < 10; round++) {
      expect(await client.send('RETR 1\r\n')).toBe(answer(1))
      expect(await client.send('RETR 2\r\n')).toBe(answer(2))
      expect(await client.send('RETR 3\r\n')).toBe(answer(3))
      await client.send('STAT\r\n')
    }
  })

  it('end the session when they cannot be read: the bridge would wait for ever', async () => {
    const { store, client } = await drop()
    await client.send('RETR 1\r\n')
    const bug = new Error('damaged')
    store.inlineMessages = () => {
      throw bug
    }
    expect(await client.send('RETR 2\r\n')).toBe(answer(2))
    for (let n = 3; n <= 30 && !client.session.closed; n++) await client.send(`RETR ${n}\r\n`)
    expect(client.session.closed).toBe(true)
    expect(client.errors).toEqual([bug])
  })

  it('are good for a session that slept meanwhile', async () => {
    const { client } = await drop()
    await client.send('RETR 1\r\nRETR 2\r\n')
    client.hibernate()
    for (let n = 3; n <= 30; n++) expect(await client.send(`RETR ${n}\r\n`)).toBe(answer(n))
    expect(await client.send('DELE 1\r\nQUIT\r\n')).toContain('+OK 1 messages deleted')
  })

  it('never change what a client gets, whatever it says and however that is cut', async () => {
    const command = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 31 }).map((n) => `RETR ${n}`) },
      { weight: 6, arbitrary: fc.constant('next') },
      { weight: 6, arbitrary: fc.constant('take') },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 31 }).map((n) => `DELE ${n}`) },
      { weight: 1, arbitrary: fc.constantFrom('RSET', 'STAT', 'LIST', 'NOOP', 'XYZZY', 'TOP 1 1') },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), fc.constantFrom(...chunkSizes), async (given, size) => {
        let last = 0
        const lines = given.flatMap((line) => {
          if (line === 'take') return [`RETR ${++last}\r\n`, `DELE ${last}\r\n`]
          const said = line === 'next' ? `RETR ${last + 1}` : line
          if (said.startsWith('RETR')) last = Number(said.slice(5))
          return [`${said}\r\n`]
        })
        const plain = await drop({ limits: { readAhead: 0 } })
        const ahead = await drop({ limits, ahead: true, size })
        for (const line of [...lines, 'LIST\r\n']) {
          if (ahead.client.session.state() !== undefined && line.startsWith('DELE')) ahead.client.hibernate()
          expect(await ahead.client.send(line)).toBe(await plain.client.send(line))
        }
      }),
      { numRuns: 60 },
    )
  })
})
