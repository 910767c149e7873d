/**
 * Messages with UTF-8 in their headers, to clients that have said UTF8 and to those that have not (RFC 6856 §2.1, RFC 6858).
 */
import { describe, expect, it } from 'vitest'
import { encodeUtf8, isAscii, latin1 } from '../../../src/format/index.ts'
import { chunkSizes } from '../../chunked.ts'
import { Client, deliver, message, newStore, type ClientOptions } from './harness.ts'

const utf8 = (lines: string[]) => latin1(encodeUtf8(lines.join('\r\n')))

const raw = utf8([
  'From: Jøran <jøran@example.com>',
  'Subject: Grüße',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Disposition: attachment; filename="Übersicht.txt"',
  '',
  'bödy',
  '.dot',
  '--b--',
  '',
])
const surrogate = [
  'From: =?utf-8?Q?J=C3=B8ran_=28j=C3=B8ran=40example=2Ecom=29?=',
  ' <invalid@internationalized-address.invalid>',
  'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  "Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.txt",
  '',
  latin1(encodeUtf8('bödy')),
  '..dot',
  '--b--',
  '.',
]
/** The dot that is doubled is not counted, nor is the end. */
const octets = surrogate.join('\r\n').length - 2

async function opened(options: ClientOptions = {}): Promise<Client> {
  const store = newStore()
  deliver(store, [message(120), raw, message(200)])
  return Client.open(store, options)
}

describe('a client that has not said UTF8', () => {
  it.each(chunkSizes)('gets a message with ASCII headers, of the size it was told: pieces of %d', async (size) => {
    const client = await opened({ size })
    expect(await client.command('STAT')).toEqual([`+OK 3 ${320 + octets}`])
    expect(await client.command('LIST 2')).toEqual([`+OK 2 ${octets}`])
    expect(await client.command('RETR 2')).toEqual([`+OK ${octets} octets`, ...surrogate])
  })

  it('gets the lines of that message with TOP (RFC 6858 §4)', async () => {
    const client = await opened()
    expect(await client.command('TOP 2 1')).toEqual([`+OK ${octets} octets`, ...surrogate.slice(0, 6), '.'])
  })

  it('gets it too when it is sent ahead', async () => {
    const store = newStore()
    deliver(
      store,
      Array.from({ length: 6 }, () => raw),
    )
    const client = await Client.open(store, { ahead: true })
    for (let number = 1; number <= 6; number++) {
      expect((await client.command(`RETR ${number}`)).slice(1)).toEqual(surrogate)
    }
  })

  it('gets it after the object has slept, and when the message is not small', async () => {
    const store = newStore()
    deliver(store, raw.replace('.dot', 'x'.repeat(70).concat('\r\n').repeat(20_000)))
    const client = await Client.open(store)
    const [list] = await client.command('LIST 1')
    client.hibernate()
    expect(await client.command('LIST 1')).toEqual([list])
    const [first, ...lines] = await client.command('RETR 1')
    expect(lines.slice(0, 9)).toEqual(surrogate.slice(0, 9))
    expect(first).toBe(`+OK ${lines.join('\r\n').length + 2 - '.\r\n'.length} octets`)
  })

  it('gets a message as it is whose bodies alone are not ASCII', async () => {
    const store = newStore()
    const plain = `Subject: a\r\n\r\n${latin1(encodeUtf8('bödy'))}\r\n`
    deliver(store, plain)
    const client = await Client.open(store)
    expect(await client.send('RETR 1\r\n')).toBe(`+OK ${plain.length} octets\r\n${plain}.\r\n`)
  })
})

describe('a client that has said UTF8', () => {
  it('gets the message as it is, also after the object has slept', async () => {
    const client = await opened({ facts: { utf8: true } })
    const answer = `+OK ${raw.length} octets\r\n${raw.replace('\r\n.dot', '\r\n..dot')}.\r\n`
    expect(await client.send('RETR 2\r\n')).toBe(answer)
    client.hibernate()
    expect(await client.send('RETR 2\r\n')).toBe(answer)
    expect(await client.command('STAT')).toEqual([`+OK 3 ${320 + raw.length}`])
    expect(isAscii(encodeUtf8(answer))).toBe(false)
  })
})
