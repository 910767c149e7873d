/**
 * Messages put together and put in the place of others: CATENATE (RFC 4469), REPLACE (RFC 8508), UTF8 (RFC 6855 §4).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeUtf8 } from '../../../src/format/index.ts'
import type { EmailId, MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

const [header = '', body = ''] = simple.split(/(?<=\r\n\r\n)/)

let store: MailStore
let client: Client

beforeEach(() => {
  store = newStore()
  client = new Client(store)
})

function literal(text: string): string {
  return `{${text.length}+}\r\n${text}`
}

/** The newest message of a mailbox, as stored. */
function newest(role: 'inbox' | 'drafts'): string | undefined {
  const view = store.view(store.mailboxByRole(role)!.id)
  const raw = view.length === 0 ? undefined : store.raw(view.emails[view.length - 1] as EmailId)
  return raw === undefined ? undefined : decodeUtf8(raw)
}

function count(role: 'inbox' | 'drafts'): number {
  return store.counts(store.mailboxByRole(role)!.id).total
}

describe('CATENATE', () => {
  it('puts a header that is here before a text that is sent (RFC 4469 §3)', async () => {
    const [uid] = deliver(store, simple)
    const validity = store.counts(store.mailboxByRole('inbox')!.id).uidValidity
    const url = `"/INBOX;UIDVALIDITY=${validity}/;UID=${uid}/;section=HEADER"`
    const lines = await client.command(`APPEND Drafts (\\Draft) CATENATE (URL ${url} TEXT ${literal('New text.\r\n')})`)
    expect(lines.at(-1)).toMatch(/^a OK \[APPENDUID \d+ \d+\]/)
    expect(newest('drafts')).toBe(`${header}New text.\r\n`)
  })

  it('takes octets from the selected mailbox by a URL without one, and a range of them', async () => {
    const [uid] = deliver(store, simple)
    await client.select()
    const parts = `URL ";UID=${uid}" TEXT ${literal('--')} URL ";UID=${uid}/;SECTION=TEXT/;PARTIAL=6.3"`
    expect((await client.command(`APPEND Drafts CATENATE (${parts})`)).at(-1)).toContain('OK')
    expect(newest('drafts')).toBe(`${simple}--${body.slice(6, 9)}`)
  })

  it.each([
    ['a mailbox that is not there', '/Nowhere/;UID=1'],
    ['a message that is not there', '/INBOX/;UID=999'],
    ['another UIDVALIDITY', '/INBOX;UIDVALIDITY=1/;UID=1'],
    ['a section that is not there', ';UID=1/;SECTION=9'],
    ['another server', 'imap://other.example/INBOX/;UID=1'],
  ])('refuses %s with BADURL, and stores nothing', async (_, url) => {
    deliver(store, simple)
    await client.select()
    const lines = await client.command(`APPEND Drafts CATENATE (TEXT ${literal(header)} URL "${url}")`)
    expect(lines.at(-1)).toBe(`a NO [BADURL "${url}"] The URL names nothing here`)
    expect(count('drafts')).toBe(0)
  })

  it('refuses what becomes larger than a message may be', async () => {
    client = new Client(store, { limits: { appendLimit: simple.length + 10 } })
    const [uid] = deliver(store, simple)
    await client.select()
    const parts = `URL ";UID=${uid}" URL ";UID=${uid}"`
    expect((await client.command(`APPEND Drafts CATENATE (${parts})`)).at(-1)).toMatch(/^a NO \[TOOBIG\]/)
    expect(count('drafts')).toBe(0)
  })

  it.each(['CATENATE ()', 'CATENATE', 'CATENATE (FILE "x")', 'CATENATE (URL)', 'CATENATE (TEXT "quoted")'])(
    'BAD for %s',
    async (data) => {
      expect((await client.command(`APPEND Drafts ${data}`)).at(-1)).toMatch(/^a BAD/)
    },
  )

  it('stores several messages of one command or none of them', async () => {
    const good = `CATENATE (TEXT ${literal(simple)})`
    const lines = await client.command(`APPEND Drafts ${good} CATENATE (URL "/INBOX/;UID=1")`)
    expect(lines.at(-1)).toMatch(/^a NO \[BADURL/)
    expect(count('drafts')).toBe(0)
  })
})

describe('REPLACE', () => {
  it('tells the new UID, then that the old message is gone, then the new one (RFC 8508 §3.2)', async () => {
    deliver(store, [simple, simple], 'drafts')
    await client.select('Drafts')
    const lines = await client.command(`REPLACE 1 Drafts (\\Draft) ${literal(`${header}Second version.\r\n`)}`)
    expect(lines).toEqual([
      expect.stringMatching(/^\* OK \[APPENDUID \d+ \d+\]/),
      '* 1 EXPUNGE',
      '* 2 EXISTS',
      'a OK REPLACE completed',
    ])
    expect(newest('drafts')).toBe(`${header}Second version.\r\n`)
    expect(count('drafts')).toBe(2)
  })

  it('names the message by UID with UID REPLACE, and may put the new one elsewhere', async () => {
    const [uid] = deliver(store, simple)
    await client.select()
    expect((await client.command(`UID REPLACE ${uid} Drafts ${literal(simple)}`)).at(-1)).toContain('OK')
    expect([count('inbox'), count('drafts')]).toEqual([0, 1])
  })

  it('takes * for the last message, by number and by UID (RFC 8508 §5, RFC 9051 §9 seq-number)', async () => {
    const [first] = deliver(store, [simple, simple, simple])
    await client.select()
    expect(await client.command(`REPLACE * Drafts ${literal(simple)}`)).toContain('* 3 EXPUNGE')
    expect(await client.command(`UID REPLACE * Drafts ${literal(simple)}`)).toContain('* 2 EXPUNGE')
    expect((await client.command('UID SEARCH ALL'))[0]).toBe(`* SEARCH ${first}`)
  })

  it.each([
    ['a number that is not there', 'REPLACE 9 Drafts', /^a BAD/],
    ['a UID that is not there', 'UID REPLACE 999 Drafts', /^a NO \[EXPUNGEISSUED\]/],
    ['a mailbox that is not there', 'REPLACE 1 Nowhere', /^a NO \[TRYCREATE\]/],
  ])('changes nothing for %s', async (_, command, answer) => {
    deliver(store, simple)
    await client.select()
    expect((await client.command(`${command} ${literal(simple)}`)).at(-1)).toMatch(answer)
    expect([count('inbox'), count('drafts')]).toEqual([1, 0])
  })

  it('is refused in a mailbox opened by EXAMINE, and without a mailbox', async () => {
    deliver(store, simple)
    expect((await client.command(`REPLACE 1 Drafts ${literal(simple)}`)).at(-1)).toMatch(/^a BAD/)
    await client.command('EXAMINE INBOX')
    expect((await client.command(`REPLACE 1 Drafts ${literal(simple)}`)).at(-1)).toMatch(/^a NO \[READ-ONLY\]/)
  })

  it('takes one message only', async () => {
    deliver(store, simple)
    await client.select()
    const two = `${literal(simple)} ${literal(simple)}`
    expect((await client.command(`REPLACE 1 Drafts ${two}`)).at(-1)).toMatch(/^a BAD/)
    expect(count('inbox')).toBe(1)
  })

  it('refuses too large a message before it is sent (RFC 7889)', async () => {
    deliver(store, simple)
    await client.select()
    expect(await client.send('a REPLACE 1 Drafts {99999999}\r\n')).toMatch(/^a NO \[TOOBIG\]/)
    expect(await client.send('b UID REPLACE 1 Drafts {99999999}\r\n')).toMatch(/^b NO \[TOOBIG\]/)
  })
})

describe('UTF8=ACCEPT (RFC 9755, RFC 6855)', () => {
  it('reads and shows mailbox names as UTF-8 once it is enabled', async () => {
    const wire = String.fromCharCode(...new TextEncoder().encode('Été'))
    expect(await client.command('ENABLE UTF8=ACCEPT')).toEqual(['* ENABLED UTF8=ACCEPT', 'a OK Enabled'])
    expect((await client.command(`CREATE "${wire}"`)).at(-1)).toContain('OK')
    expect(await client.command('LIST "" *')).toContain(`* LIST (\\HasNoChildren) "/" "${wire}"`)
    expect(store.mailboxByPath(['Été'])).toBeDefined()
  })

  it('takes a message in the form of RFC 6855 §4', async () => {
    const text = `${header}UTF-8\r\n`
    expect((await client.command(`APPEND Drafts UTF8 (~${literal(text)})`)).at(-1)).toContain('OK [APPENDUID')
    expect(newest('drafts')).toBe(text)
  })

  it('refuses CHARSET in SEARCH, which then has no meaning (§3)', async () => {
    await client.command('ENABLE UTF8=ACCEPT')
    await client.select()
    expect((await client.command('SEARCH CHARSET UTF-8 ALL')).at(-1)).toMatch(/^a BAD/)
    expect((await client.command('SEARCH ALL')).at(-1)).toMatch(/^a OK/)
  })

  it('leaves SORT and THREAD their charset, which they cannot do without (RFC 5256 §3)', async () => {
    await client.command('ENABLE UTF8=ACCEPT')
    await client.select()
    expect((await client.command('SORT (DATE) UTF-8 ALL')).at(-1)).toMatch(/^a OK/)
    expect((await client.command('UID THREAD REFS UTF-8 ALL')).at(-1)).toMatch(/^a OK/)
  })
})
