import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { MailboxId, MailStore } from '../../../src/mailbox/index.ts'
import { fromLatin1 } from '../../../src/format/index.ts'
import { Client, newStore, now, simple } from './harness.ts'

let store: MailStore
let client: Client
let inbox: MailboxId
let uids: number[]

const day = 86_400_000

const encoded = [
  'From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>',
  'To: alice@facteur.test, Carol <carol@example.net>',
  'Cc: dave@example.net',
  'Subject: =?utf-8?B?R3LDvMOfZSBhdXMgS8O2bG4=?=',
  'Date: Tue, 15 Oct 2024 01:30:00 +0900',
  'X-Priority: 1',
  'Content-Type: multipart/alternative; boundary=b',
  '',
  '--b',
  'Content-Type: text/plain; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Ein sch=F6ner Tag',
  '--b',
  'Content-Type: text/html',
  'Content-Transfer-Encoding: base64',
  '',
  btoa('<p>An <b>unbr</b>oken word</p>'),
  '--b--',
  '',
].join('\r\n')

const plain = simple.replace('Hello\r\n', 'Third\r\n')

beforeEach(async () => {
  store = newStore()
  inbox = store.mailboxByRole('inbox')!.id
  const mailboxIds = [inbox]
  uids = store
    .add([
      { raw: fromLatin1(simple), mailboxIds, keywords: ['$seen'], receivedAt: now - 3 * day },
      { raw: fromLatin1(encoded), mailboxIds, keywords: ['$flagged', 'todo'], receivedAt: now - 2 * day },
      { raw: fromLatin1(plain), mailboxIds, keywords: ['\\Deleted'], receivedAt: now },
    ])
    .map((email) => email.places[0]!.uid)
  client = await new Client(store).select()
})

const u = (text: string) => String.fromCharCode(...new TextEncoder().encode(text))

describe('SEARCH keys (RFC 9051 §6.4.4)', () => {
  it.each([
    ['ALL', '1 2 3'],
    ['SEEN', '1'],
    ['UNSEEN', '2 3'],
    ['FLAGGED', '2'],
    ['KEYWORD TODO', '2'],
    ['UNKEYWORD todo', '1 3'],
    ['KEYWORD nowhere', ''],
    ['DELETED', '3'],
    ['UNDELETED', '1 2'],
    ['ANSWERED', ''],
    ['NEW', ''],
    ['OLD', '1 2 3'],
    ['RECENT', ''],
    ['2:3', '2 3'],
    ['*', '3'],
    ['5:9', ''],
    ['NOT 2', '1 3'],
    ['OR SEEN FLAGGED', '1 2'],
    ['(UNSEEN (UNFLAGGED))', '3'],
    ['UNSEEN NOT DELETED', '2'],
    ['SUBJECT hello', '1'],
    ['SUBJECT ""', '1 2 3'],
    [`SUBJECT "${u('GRÜSSE')}"`, ''],
    [`SUBJECT "${u('grüß')}"`, '2'],
    [`CHARSET UTF-8 SUBJECT "${u('KÖLN')}"`, '2'],
    [`FROM "${u('jürgen')}"`, '2'],
    ['FROM bob@EXAMPLE', '1 3'],
    ['TO carol', '2'],
    ['CC dave', '2'],
    ['BCC dave', ''],
    ['HEADER X-Priority ""', '2'],
    ['HEADER x-priority 1', '2'],
    ['HEADER X-Priority 2', ''],
    [`BODY "${u('SCHÖNER')}"`, '2'],
    ['BODY "unbroken word"', '2'],
    ['BODY carol', ''],
    ['TEXT carol', '2'],
    ['TEXT "meet at 3:30"', '1 3'],
    [`LARGER ${simple.length}`, '2'],
    [`SMALLER ${simple.length + 1}`, '1 3'],
    ['SINCE 22-Nov-2026', '3'],
    ['BEFORE 21-Nov-2026', '1'],
    ['ON 21-Nov-2026', '2'],
    ['SENTON 15-Oct-2024', '2'],
    ['SENTSINCE 1-Jan-2020', '2'],
    ['SENTBEFORE 8-Feb-1994', '1 3'],
    ['OLDER 172800', '1 2'],
    ['YOUNGER 172800', '2 3'],
  ])('%s', async (keys, expected) => {
    const answer = await client.send(`a SEARCH ${keys}\r\n`)
    expect(answer).toBe(`* SEARCH${expected && ` ${expected}`}\r\na OK SEARCH completed\r\n`)
  })

  it('answers with UIDs to UID SEARCH, and UID sets may name what is not there', async () => {
    expect((await client.command(`UID SEARCH UID ${uids[1]}:999999`))[0]).toBe(`* SEARCH ${uids[1]} ${uids[2]}`)
    expect((await client.command('UID SEARCH UID 999999'))[0]).toBe('* SEARCH')
  })

  it('finds by object id (RFC 8474 §5.3)', async () => {
    const { id, threadId } = store.email(uids[1]! as never)!
    expect((await client.command(`SEARCH EMAILID M${id}`))[0]).toBe('* SEARCH 2')
    expect((await client.command(`SEARCH THREADID T${threadId}`))[0]).toBe('* SEARCH 2')
    expect((await client.command('SEARCH EMAILID M0'))[0]).toBe('* SEARCH')
  })

  it('gives the highest mod-sequence when MODSEQ was asked for (RFC 7162 §3.1.5)', async () => {
    expect((await client.command(`SEARCH MODSEQ ${uids[1]}`))[0]).toBe(`* SEARCH 2 3 (MODSEQ ${uids[2]})`)
    expect((await client.command('SEARCH MODSEQ 999999'))[0]).toBe('* SEARCH')
    expect((await client.command(`SEARCH RETURN (MIN) MODSEQ ${uids[1]}`))[0]).toBe(
      `* ESEARCH (TAG "a") MIN 2 MODSEQ ${uids[1]}`,
    )
  })

  it('does not find what another session expunged, and keeps the numbers', async () => {
    store.expunge(inbox, [uids[0]!])
    expect(await client.command('SEARCH ALL')).toEqual(['* SEARCH 2 3', 'a OK SEARCH completed'])
    expect(await client.command('UID SEARCH ALL')).toEqual([
      `* SEARCH ${uids[1]} ${uids[2]}`,
      '* 1 EXPUNGE',
      'a OK SEARCH completed',
    ])
  })

  it('knows no other charset', async () => {
    expect(await client.command('SEARCH CHARSET KOI8-R ALL')).toEqual([
      'a NO [BADCHARSET (UTF-8 US-ASCII)] Unknown charset',
    ])
  })
})

describe('ESEARCH (RFC 4731)', () => {
  it.each([
    ['RETURN () ALL', ' ALL 1:3'],
    ['RETURN (MIN) ALL', ' MIN 1'],
    ['RETURN (MAX COUNT) UNSEEN', ' MAX 3 COUNT 2'],
    ['RETURN (ALL) OR 1 3', ' ALL 1,3'],
    ['RETURN (MIN MAX ALL COUNT) ANSWERED', ' COUNT 0'],
    ['RETURN (MIN) ANSWERED', ''],
  ])('%s', async (keys, expected) => {
    expect((await client.command(`SEARCH ${keys}`))[0]).toBe(`* ESEARCH (TAG "a")${expected}`)
  })

  it('says UID, and is the only answer once IMAP4rev2 is on (RFC 9051 §6.4.4)', async () => {
    expect((await client.command('UID SEARCH RETURN (MIN) ALL'))[0]).toBe(`* ESEARCH (TAG "a") UID MIN ${uids[0]}`)
    await client.command('ENABLE IMAP4rev2')
    expect((await client.command('SEARCH ALL'))[0]).toBe('* ESEARCH (TAG "a") ALL 1:3')
  })
})

describe('saved results (RFC 5182)', () => {
  it('are used by $ and lose what is expunged', async () => {
    expect(await client.command('SEARCH RETURN (SAVE) UNSEEN')).toEqual(['a OK SEARCH completed'])
    expect(await client.command('FETCH $ UID')).toEqual([
      `* 2 FETCH (UID ${uids[1]})`,
      `* 3 FETCH (UID ${uids[2]})`,
      'a OK FETCH completed',
    ])
    expect((await client.command('SEARCH $ FLAGGED'))[0]).toBe('* SEARCH 2')
    await client.command('EXPUNGE')
    expect((await client.command('UID SEARCH UID $'))[0]).toBe(`* SEARCH ${uids[1]}`)
  })

  it('hold what MIN and MAX return, when only they are asked for (§2.4)', async () => {
    await client.command('SEARCH RETURN (SAVE MIN MAX) ALL')
    expect((await client.command('SEARCH $'))[0]).toBe('* SEARCH 1 3')
    await client.command('SEARCH RETURN (SAVE MIN COUNT) ALL')
    expect((await client.command('SEARCH $'))[0]).toBe('* SEARCH 1 2 3')
  })

  it('are empty at first, after a failure, and after SELECT (§2.1)', async () => {
    expect((await client.command('SEARCH $'))[0]).toBe('* SEARCH')
    await client.command('SEARCH RETURN (SAVE) ALL')
    await client.command('SEARCH RETURN (SAVE) CHARSET X ALL')
    expect((await client.command('SEARCH $'))[0]).toBe('* SEARCH')
    await client.command('SEARCH RETURN (SAVE) ALL')
    await client.select()
    expect(await client.command('FETCH $ UID')).toEqual(['a OK FETCH completed'])
  })

  it('survive hibernation', async () => {
    await client.command('SEARCH RETURN (SAVE) OR 1 3')
    expect(client.hibernate().selected?.saved).toBe(`${uids[0]},${uids[2]}`)
    expect((await client.command('SEARCH $'))[0]).toBe('* SEARCH 1 3')
  })

  it('say NOTSAVED when they were too large to keep', async () => {
    client = await new Client(store, { limits: { state: 3 } }).select()
    await client.command('SEARCH RETURN (SAVE) OR 1 3')
    client.hibernate()
    expect(await client.command('FETCH $ UID')).toEqual(['a NO [NOTSAVED] The saved search result is no longer there'])
  })
})

describe('what a search costs', () => {
  it('is one look at a row of the view where a key needs no more: no message is looked up', async () => {
    const indexOf = vi.spyOn(store.view(inbox), 'indexOf')
    const envelopes = vi.spyOn(store, 'envelopes')
    for (const key of ['UNSEEN', 'NOT FLAGGED', 'OR SEEN KEYWORD todo', 'SINCE 1-Jan-2020 LARGER 10', '1:* UID 1:*']) {
      expect((await client.command(`SEARCH ${key}`)).at(-1), key).toBe('a OK SEARCH completed')
    }
    expect(indexOf).not.toHaveBeenCalled()
    // Of a message that is gone, and that the client still counts, it has to be found out.
    store.expunge(inbox, [uids[1]!])
    indexOf.mockClear()
    expect((await client.command('SEARCH ALL'))[0]).toBe('* SEARCH 1 3')
    expect(indexOf).toHaveBeenCalledTimes(1)
    expect(envelopes).not.toHaveBeenCalled()
  })
})
