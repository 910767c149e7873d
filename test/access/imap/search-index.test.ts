import { describe, expect, it } from 'vitest'
import { fromLatin1 } from '../../../src/format/index.ts'
import { Client, newStore, now } from './harness.ts'

const messages = [
  'From: Bob <bob@example.com>\r\nTo: alice@facteur.test\r\nSubject: Invoice 20261123\r\n\r\nA quixotic preinvoiced word.\r\n',
  'From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\nX-Token: aB3dE5fG7\r\n' +
    'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
    btoa(String.fromCharCode(...new TextEncoder().encode('Ein schöner Tag. 今天天气很好。'))),
  'From: carol@example.net\r\nCc: bob@example.com\r\nSubject: first\r\nSubject: second\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
    '--b\r\nContent-Type: text/html\r\nContent-Description: the picture\r\n\r\n<p>An <b>unbr</b>oken word</p>\r\n' +
    '--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: nested@example.com\r\nX-Inner: deep\r\nSubject: inside\r\n\r\nnested text\r\n--b--\r\n',
]

const u = (text: string) => String.fromCharCode(...new TextEncoder().encode(text))

async function selected() {
  const store = newStore()
  const mailboxIds = [store.mailboxByRole('inbox')!.id]
  store.add(messages.map((raw) => ({ raw: fromLatin1(raw), mailboxIds, receivedAt: now })))
  return { store, client: await new Client(store).select() }
}

describe('SEARCH finds substrings, although the index holds words (RFC 9051 §6.4.4)', () => {
  it.each([
    ['TEXT invoice', '1'],
    ['BODY invoice', '1'],
    ['BODY "ixotic pre"', '1'],
    ['SUBJECT "ice 2026"', '1'],
    ['SUBJECT 6112', '1'],
    ['TEXT 3de5', '2'],
    ['HEADER X-Token b3d', '2'],
    ['HEADER X-Token ""', '2'],
    ['HEADER X-Toke ""', ''],
    [`FROM ${'"' + u('ürg') + '"'}`, '2'],
    [`FROM ${'"' + u('urg') + '"'}`, ''],
    [`BODY "${u('天气')}"`, '2'],
    [`BODY "${u('天')}"`, '2'],
    [`BODY "${u('SCHÖN')}"`, '2'],
    ['HEADER Subject seco', '3'],
    ['TEXT "subject: seco"', '3'],
    ['CC example.com', '3'],
    ['BODY unbroken', '3'],
    ['BODY "<b>"', ''],
    ['BODY nested@ex', '3'],
    ['BODY x-inner', '3'],
    ['BODY "sted text"', '3'],
    ['HEADER X-Inner ""', ''],
    ['TEXT "content-description: the pic"', '3'],
    ['TEXT e', '1 2 3'],
    ['NOT TEXT invoice', '2 3'],
    ['OR TEXT invoice BODY unbroken', '1 3'],
    ['OR TEXT invoice ALL', '1 2 3'],
    ['TEXT invoice FROM carol', ''],
    ['NOT OR TEXT invoice TEXT nowhere', '2 3'],
  ])('%s', async (key, expected) => {
    const { client } = await selected()
    const answer = `* SEARCH${expected === '' ? '' : ` ${expected}`}`
    const literal = async (text: string) => (await client.send(`a SEARCH CHARSET UTF-8 ${text}\r\n`)).split('\r\n')[0]
    expect(await literal(key)).toBe(answer)
    // What is negated is not narrowed: every message is read.
    expect(await literal(`NOT NOT (${key})`)).toBe(answer)
  })

  it('finds what was delivered after the last search, before and after an expunge', async () => {
    const { store, client } = await selected()
    expect(await client.command('SEARCH TEXT quixotic')).toContain('* SEARCH 1')
    const mailboxIds = [store.mailboxByRole('inbox')!.id]
    store.add([{ raw: fromLatin1(messages[0]!), mailboxIds, receivedAt: now }])
    await client.command('NOOP')
    expect(await client.command('SEARCH TEXT quixotic')).toContain('* SEARCH 1 4')
    store.expunge(mailboxIds[0]!, [store.view(mailboxIds[0]!).uidAt(0)])
    expect(await client.command('SEARCH TEXT quixotic')).toContain('* SEARCH 4')
  })
})
