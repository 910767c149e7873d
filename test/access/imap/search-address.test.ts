import { describe, expect, it, vi } from 'vitest'
import { fromLatin1 } from '../../../src/format/index.ts'
import { Client, newStore, now } from './harness.ts'

const heads = [
  'From: "Bob (at home)" <bob.m@example.com>\r\nTo: Readers: alice@facteur.test, =?utf-8?Q?J=C3=BCrgen?= <j@example.org>;',
  'From: carol@example.net (Carol the Great)\r\nTo: alice@facteur.test\r\nTo: dave@example.net\r\nDate: Tue, 15 Oct 2024 01:30:00 +0900',
  'From: Eve\\ E <eve@example.com>\r\nTo: alice@facteur.test\r\nBcc: undisclosed-recipients:;\r\nDate: Mon, 14 Oct 2024 23:30:00 -0800',
]

const octets = (text: string) => String.fromCharCode(...new TextEncoder().encode(text))

async function selected(count = 1) {
  const store = newStore()
  const mailboxIds = [store.mailboxByRole('inbox')!.id]
  const raws = Array.from({ length: count }, () => heads).flat()
  store.add(raws.map((head) => ({ raw: fromLatin1(`${head}\r\n\r\nHello\r\n`), mailboxIds, receivedAt: now })))
  return { store, client: await new Client(store).select() }
}

describe('SEARCH FROM, TO, CC, BCC: in the ENVELOPE or in the text of the header (RFC 9051 §6.4.4)', () => {
  it.each([
    ['TO alice', '1 2 3'],
    ['TO ALICE@FACT', '1 2 3'],
    [`TO "${octets('ürg')}"`, '1'],
    ['TO readers', '1'],
    ['TO "readers: al"', '1'],
    ['TO dave', '2'],
    ['TO ""', '1 2 3'],
    ['BCC ""', '3'],
    ['BCC undisclosed', '3'],
    ['CC ""', ''],
    ['FROM "bob (at"', '1'],
    ['FROM "home) <bob"', ''],
    ['FROM "home)\\" <bob"', '1'],
    ['FROM "the great"', '2'],
    ['FROM "carol@example.net (ca"', '2'],
    ['FROM eve@', '3'],
    ['FROM e', '1 2 3'],
    ['FROM nobody', ''],
    ['HEADER From bob.m', '1'],
    ['HEADER tO dave', '2'],
    ['NOT TO dave', '1 3'],
    ['OR FROM bob SUBJECT x', '1'],
  ])('%s', async (key, expected) => {
    const { client } = await selected()
    const answer = `* SEARCH${expected === '' ? '' : ` ${expected}`}`
    const search = async (text: string) => (await client.send(`a SEARCH CHARSET UTF-8 ${text}\r\n`)).split('\r\n')[0]
    expect(await search(key)).toBe(answer)
    // What is negated is not narrowed: every message is looked at.
    expect(await search(`NOT NOT (${key})`)).toBe(answer)
  })

  it.each([
    ['TO e', 120],
    ['NOT TO nobody', 120],
    ['HEADER From example', 120],
    ['NOT FROM carol', 80],
    ['SENTON 15-Oct-2024', 40],
    ['SENTBEFORE 15-Oct-2024', 40],
    ['NOT SENTSINCE 15-Oct-2024', 80],
  ])('%s opens no message, however many there are', async (key, count) => {
    const { store, client } = await selected(40)
    await client.command('SEARCH TEXT hello')
    const reads = [vi.spyOn(store, 'slice'), vi.spyOn(store, 'raw')]
    const [line] = await client.command(`SEARCH RETURN (COUNT) ${key}`)
    expect(line).toContain(`COUNT ${count}`)
    for (const read of reads) expect(read).not.toHaveBeenCalled()
  })
})
