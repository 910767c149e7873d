/**
 * The examples of the standards, as close as a server with mod-sequences and UIDs of its own can come to them: RFC 9051 §6,
 * RFC 7162, RFC 5256, RFC 4469, RFC 8508, RFC 9394, RFC 5464, RFC 7377.
 *
 * Everything the server says here has also gone through the grammar.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailboxId, MailStore } from '../../../src/mailbox/index.ts'
import { fromLatin1 } from '../../../src/format/index.ts'
import { ResponseStream } from './client/response-stream.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

let store: MailStore
let client: Client
let inbox: MailboxId

beforeEach(() => {
  store = newStore()
  client = new Client(store)
  inbox = store.mailboxByRole('inbox')!.id
})

/** Sends the client's lines, a literal's when it is asked for; everything the server says, grammatical all of it. */
async function say(...lines: string[]): Promise<string[]> {
  let heard = ''
  for (const line of lines) heard += await client.send(`${line}\r\n`)
  const stream = new ResponseStream()
  stream.receive(heard)
  expect([...stream.all()].length).toBeGreaterThan(0)
  expect(stream.empty).toBe(true)
  return heard.split('\r\n').slice(0, -1)
}

/** A message in a mailbox; its UID. */
function put(mailbox: string, text: string, keywords: string[] = []): number {
  const { id } = store.mailboxByPath(mailbox.split('/'))!
  return store.add([{ raw: fromLatin1(text), mailboxIds: [id], keywords }])[0]!.places[0]!.uid
}

const many = (count: number): string[] => Array.from({ length: count }, () => simple)

describe('RFC 9051 §6', () => {
  it('§6.3.2 and §6.3.3: SELECT, and EXAMINE in its place', async () => {
    deliver(store, many(3))
    await say('A001 ENABLE IMAP4rev2')
    expect(await say('A142 SELECT INBOX')).toEqual([
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags that are kept',
      '* 3 EXISTS',
      expect.stringMatching(/^\* OK \[UIDVALIDITY \d+\]/),
      expect.stringMatching(/^\* OK \[UIDNEXT \d+\]/),
      expect.stringMatching(/^\* OK \[HIGHESTMODSEQ \d+\]/),
      expect.stringMatching(/^\* OK \[MAILBOXID /),
      '* LIST (\\HasNoChildren) "/" "INBOX"',
      'A142 OK [READ-WRITE] SELECT completed',
    ])
    const examined = await say('A932 EXAMINE Drafts')
    expect(examined[0]).toMatch(/^\* OK \[CLOSED\]/)
    expect(examined).toContain('* OK [PERMANENTFLAGS ()] Flags that are kept')
    expect(examined.at(-1)).toBe('A932 OK [READ-ONLY] EXAMINE completed')
  })

  it('§6.3.4: CREATE makes the levels above', async () => {
    expect((await say('A003 CREATE owatagusiam/')).at(-1)).toMatch(/^A003 OK /)
    expect((await say('A004 CREATE owatagusiam/blurdybloop')).at(-1)).toMatch(/^A004 OK /)
  })

  it('§6.3.5: DELETE of what has children, and of what has none', async () => {
    await say('A680 CREATE foo/bar', 'A681 CREATE blurdybloop')
    expect(await say('A683 DELETE blurdybloop')).toEqual(['A683 OK DELETE completed'])
    expect(await say('A684 DELETE foo')).toEqual([expect.stringMatching(/^A684 NO \[HASCHILDREN\]/)])
    expect(await say('A685 DELETE foo/bar')).toEqual(['A685 OK DELETE completed'])
    expect(await say('A687 DELETE foo')).toEqual(['A687 OK DELETE completed'])
  })

  it('§6.3.9.8: LIST of names below and of names that match', async () => {
    await say('A101 CREATE Fruit/Apple', 'A102 CREATE Fruit/Banana', 'A103 CREATE Vegetable/Broccoli')
    expect(await say('A02 LIST "" "Fruit/%"')).toEqual([
      '* LIST (\\HasNoChildren) "/" "Fruit/Apple"',
      '* LIST (\\HasNoChildren) "/" "Fruit/Banana"',
      'A02 OK LIST completed',
    ])
    await say('A104 SUBSCRIBE Fruit/Banana', 'A105 SUBSCRIBE INBOX')
    const subscribed = await say('A03 LIST (SUBSCRIBED) "" "Fruit/*"')
    expect(subscribed[0]).toBe('* LIST (\\HasNoChildren \\Subscribed) "/" "Fruit/Banana"')
    const children = await say('A04 LIST (SUBSCRIBED RECURSIVEMATCH) "" "Fruit"')
    expect(children[0]).toMatch(/^\* LIST .* "Fruit" \("CHILDINFO" \("SUBSCRIBED"\)\)$/)
  })

  it('§6.3.12: APPEND of a message that is asked for', async () => {
    const message = [
      'Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)',
      'From: Fred Foobar <foobar@Blurdybloop.example>',
      'Subject: afternoon meeting',
      'To: mooch@owatagu.siam.edu.example',
      'Message-Id: <B27397-0100000@Blurdybloop.example>',
      'MIME-Version: 1.0',
      'Content-Type: TEXT/PLAIN; CHARSET=US-ASCII',
      '',
      'Hello Joe, do you think we can meet at 3:30 tomorrow?',
      '',
    ].join('\r\n')
    const size = message.length
    expect(await say(`A003 APPEND Drafts (\\Seen) {${size}}`, message)).toEqual([
      '+ Ready',
      expect.stringMatching(/^A003 OK \[APPENDUID \d+ \d+\] APPEND completed$/),
    ])
  })

  it('§6.4.3: EXPUNGE of messages 3, 4, 7 and 11', async () => {
    deliver(store, many(11))
    await client.select()
    await say('A201 STORE 3,4,7,11 +FLAGS.SILENT (\\Deleted)')
    expect(await say('A202 EXPUNGE')).toEqual([
      '* 3 EXPUNGE',
      '* 3 EXPUNGE',
      '* 5 EXPUNGE',
      '* 8 EXPUNGE',
      'A202 OK EXPUNGE completed',
    ])
  })

  it('§6.4.4.1: a search result that is kept, and used by number and by UID', async () => {
    const uids = deliver(store, many(4))
    store.setFlags(inbox, [uids[1]!, uids[3]!], { add: ['$flagged'] })
    await client.select()
    expect(await say('A282 SEARCH RETURN (SAVE) FLAGGED')).toEqual(['A282 OK SEARCH completed'])
    expect((await say('A283 FETCH $ (UID)')).slice(0, 2)).toEqual([
      `* 2 FETCH (UID ${uids[1]})`,
      `* 4 FETCH (UID ${uids[3]})`,
    ])
    expect((await say('A284 SEARCH RETURN (COUNT) $'))[0]).toBe('* ESEARCH (TAG "A284") COUNT 2')
    expect((await say('A285 SEARCH RETURN (MIN SAVE) 3:*'))[0]).toBe('* ESEARCH (TAG "A285") MIN 3')
    expect((await say('A286 UID STORE $ +FLAGS.SILENT (\\Seen)')).at(-1)).toBe('A286 OK STORE completed')
    expect(store.view(inbox).isSeenAt(2)).toBe(true)
  })

  it('§6.4.8: MOVE tells where, then what is gone', async () => {
    const uids = deliver(store, many(3))
    await client.select()
    expect(await say('a UID MOVE 1:* Trash')).toEqual([
      expect.stringMatching(new RegExp(`^\\* OK \\[COPYUID \\d+ ${uids[0]}:${uids[2]} \\d+:\\d+\\]`)),
      '* 1 EXPUNGE',
      '* 1 EXPUNGE',
      '* 1 EXPUNGE',
      'a OK MOVE completed',
    ])
  })
})

describe('RFC 7162', () => {
  it('§3.1.3, examples 3 and 8: conditional STORE, and one that tests for being first', async () => {
    const uids = deliver(store, many(4))
    await client.select()
    const { highestModSeq } = store.counts(inbox)
    const [, , four] = uids
    const lines = await say(
      `a103 UID STORE ${uids[1]},${uids[0]},${four} (UNCHANGEDSINCE ${highestModSeq}) +FLAGS.SILENT (\\Deleted)`,
    )
    const modSeq = store.counts(inbox).highestModSeq
    expect(lines.slice(0, 3)).toEqual([1, 2, 3].map((n) => `* ${n} FETCH (UID ${uids[n - 1]} MODSEQ (${modSeq}))`))
    expect((await say('a102 STORE 4 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)')).at(-1)).toMatch(
      /^a102 OK \[MODIFIED 4\]/,
    )
  })

  it('§3.1.5–3.1.10, examples 15, 16, 19 and 20: MODSEQ in searches and sorts', async () => {
    deliver(store, many(3))
    await client.select()
    const { highestModSeq } = store.counts(inbox)
    expect((await say('a SEARCH MODSEQ "/flags/\\\\draft" all 1'))[0]).toBe(`* SEARCH 1 2 3 (MODSEQ ${highestModSeq})`)
    expect((await say('t SEARCH OR NOT MODSEQ 1 LARGER 50000'))[0]).toBe('* SEARCH')
    expect((await say('a SEARCH RETURN (ALL) MODSEQ 1'))[0]).toBe(`* ESEARCH (TAG "a") ALL 1:3 MODSEQ ${highestModSeq}`)
    const sorted = await say('a SORT RETURN (ALL) (DATE) UTF-8 MODSEQ 1')
    expect(sorted[0]).toBe(`* ESEARCH (TAG "a") ALL 1:3 MODSEQ ${highestModSeq}`)
  })

  it('§3.2.5.1: SELECT (QRESYNC …) with another UIDVALIDITY tells nothing of messages', async () => {
    deliver(store, many(2))
    await say('A01 ENABLE QRESYNC')
    const lines = await say('A02 SELECT INBOX (QRESYNC (67890007 20 41,43:211,214:541))')
    expect(lines.filter((line) => /FETCH|VANISHED/.test(line))).toEqual([])
    expect(lines.at(-1)).toBe('A02 OK [READ-WRITE] SELECT completed')
  })

  it('§3.2.7 and §3.2.10.2: VANISHED for EXPUNGE, only what went since the last one', async () => {
    const uids = deliver(store, many(11))
    await say('A200 ENABLE QRESYNC')
    await client.select()
    const expunge = async (...numbers: number[]): Promise<string[]> => {
      await say(`A201 UID STORE ${numbers.map((n) => uids[n - 1]).join(',')} +FLAGS.SILENT (\\Deleted)`)
      return say('A202 EXPUNGE')
    }
    const highest = (): string => `A202 OK [HIGHESTMODSEQ ${store.counts(inbox).highestModSeq}] EXPUNGE completed`
    expect(await expunge(3, 5, 7, 11)).toEqual([`* VANISHED ${uids[2]},${uids[4]},${uids[6]},${uids[10]}`, highest()])
    expect(await expunge(2, 6)).toEqual([`* VANISHED ${uids[1]},${uids[5]}`, highest()])
  })
})

describe('RFC 4469, appendix A', () => {
  const boundary = '------------030308070208000400050907'
  let url: string
  let uid: number

  beforeEach(() => {
    uid = put(
      'Drafts',
      [
        'Subject: About our holiday trip',
        `Content-Type: multipart/mixed; boundary="${boundary}"`,
        '',
        `--${boundary}`,
        'Content-Type: text/plain',
        '',
        'Our travel agent has sent the updated schedule.',
        `--${boundary}`,
        'Content-Type: application/x-zip-compressed',
        '',
        'UEsDBA==',
        `--${boundary}--`,
        '',
      ].join('\r\n'),
    )
    const drafts = store.mailboxByRole('drafts')!.id
    url = `/Drafts;UIDVALIDITY=${store.counts(drafts).uidValidity}/;UID=${uid}`
  })

  it('example 1: an attachment is replaced without being downloaded', async () => {
    const other = put('Drafts', 'Subject: the other\r\n\r\nAnother attachment.\r\n')
    const second = url.replace(/\d+$/, String(other))
    const between = `\r\n--${boundary}\r\n`
    const end = `\r\n--${boundary}--\r\n`
    expect(
      await say(
        `A003 APPEND Drafts (\\Seen \\Draft $MDNSent) CATENATE (URL "${url}/;section=HEADER" TEXT {${between.length}}`,
        `${between} URL "${url}/;section=1.MIME" URL "${url}/;section=1" TEXT {${between.length}}`,
        `${between} URL "${second}" TEXT {${end.length}}`,
        `${end})`,
      ),
    ).toEqual([
      '+ Ready',
      '+ Ready',
      '+ Ready',
      expect.stringMatching(/^A003 OK \[APPENDUID \d+ \d+\] APPEND completed$/),
    ])
    const view = store.view(store.mailboxByRole('drafts')!.id)
    const email = view.emails[view.length - 1]
    const raw = new TextDecoder().decode(store.raw(email as never))
    expect(raw).toContain('Our travel agent has sent the updated schedule.')
    expect(raw).toContain('Another attachment.')
    expect(raw).not.toContain('UEsDBA==')
  })

  it('example 4: the first URL that names nothing is told, and nothing is stored', async () => {
    const lines = await say(
      'A003 APPEND Sent (\\Seen $MDNSent) CATENATE (TEXT {4+}',
      `text URL "${url}" URL "${url}/;section=1.5.9" URL "/Nowhere/;UID=1")`,
    )
    expect(lines).toEqual([`A003 NO [BADURL "${url}/;section=1.5.9"] The URL names nothing here`])
    expect(store.counts(store.mailboxByRole('sent')!.id).total).toBe(0)
  })

  it('a URL that a response code cannot carry is told in percents (§5)', async () => {
    expect(await say('A003 APPEND Sent CATENATE (URL "/No]where\\"/;UID=1")')).toEqual([
      'A003 NO [BADURL "/No%5dwhere%22/;UID=1"] The URL names nothing here',
    ])
  })
})

describe('RFC 8508', () => {
  const message = [
    'Date: Thu, 1 Jan 2015 00:05:00 -0500 (EST)',
    'From: Fritz Schmidt <fritz.ze@example.org>',
    'Subject: happy new year !!',
    '',
    'Just saw the best fireworks show. Wish you were here.',
    '',
  ].join('\r\n')

  it('§3.2 and §3.3: REPLACE by number, then by UID', async () => {
    for (let draft = 0; draft < 4; draft++) put('Drafts', simple)
    await client.select('Drafts')
    const first = await say(`A003 REPLACE 4 Drafts (\\Seen \\Draft) {${message.length}}`, message)
    expect(first).toEqual([
      '+ Ready',
      expect.stringMatching(/^\* OK \[APPENDUID \d+ \d+\] Replacement stored$/),
      '* 4 EXPUNGE',
      '* 4 EXISTS',
      'A003 OK REPLACE completed',
    ])
    const uid = /APPENDUID \d+ (\d+)/.exec(first.join())?.[1]
    const second = await say(`A004 UID REPLACE ${uid} Drafts (\\Seen \\Draft) {${message.length}}`, message)
    expect(second.slice(2)).toEqual(['* 4 EXPUNGE', '* 4 EXISTS', 'A004 OK REPLACE completed'])
  })

  it('§4.2: with CATENATE, of the message that is replaced', async () => {
    const uid = put('Drafts', message)
    await client.select('Drafts')
    const head = 'To: Mitzy <miss.mitzy@example.org>\r\n'
    const lines = await say(
      `A011 UID REPLACE ${uid} Drafts CATENATE (TEXT {${head.length}}`,
      `${head} URL "/Drafts/;UID=${uid}")`,
    )
    expect(lines.at(-1)).toBe('A011 OK REPLACE completed')
    const [email] = store.view(store.mailboxByRole('drafts')!.id).emails
    expect(new TextDecoder().decode(store.raw(email as never))).toBe(head + message)
  })
})

describe('RFC 9394', () => {
  it('§3.1: parts of results from both ends, and beyond them', async () => {
    const uids = deliver(store, many(10))
    await client.select()
    expect(await say('A01 UID SEARCH RETURN (PARTIAL -1:-3) UNDELETED UNKEYWORD $Junk')).toEqual([
      `* ESEARCH (TAG "A01") UID PARTIAL (-1:-3 ${uids[7]}:${uids[9]})`,
      'A01 OK SEARCH completed',
    ])
    expect((await say('A02 UID SEARCH RETURN (PARTIAL 8:12) UNDELETED'))[0]).toBe(
      `* ESEARCH (TAG "A02") UID PARTIAL (8:12 ${uids[7]}:${uids[9]})`,
    )
    expect((await say('A04 UID SEARCH RETURN (PARTIAL 24000:24500) UNDELETED'))[0]).toBe(
      '* ESEARCH (TAG "A04") UID PARTIAL (24000:24500 NIL)',
    )
  })

  it('§3.3 and §3.4: UID FETCH of a part, and of what has changed in that part', async () => {
    const uids = deliver(store, many(6))
    await client.select()
    const range = `${uids[0]}:${uids[5]}`
    expect(await say(`10 UID FETCH ${range} (UID FLAGS) (PARTIAL -1:-3)`)).toEqual([
      ...[4, 5, 6].map((number) => `* ${number} FETCH (UID ${uids[number - 1]} FLAGS ())`),
      '10 OK FETCH completed',
    ])
    const { highestModSeq } = store.counts(inbox)
    store.setFlags(inbox, [uids[0]!, uids[4]!], { add: ['$flagged'] })
    await say('n NOOP')
    for (const modifiers of [
      `PARTIAL -1:-3 CHANGEDSINCE ${highestModSeq}`,
      `CHANGEDSINCE ${highestModSeq} PARTIAL -1:-3`,
    ]) {
      const lines = await say(`101 UID FETCH ${range} (UID FLAGS) (${modifiers})`)
      expect(lines.filter((line) => line.includes('FETCH ('))).toEqual([
        `* 5 FETCH (UID ${uids[4]} FLAGS (\\Flagged) MODSEQ (${store.state}))`,
      ])
    }
  })
})

describe('RFC 5464', () => {
  it('§4.2 and §4.3: what is set is got, by name, by depth and by size', async () => {
    const value = 'My new comment across\r\ntwo lines.\r\n'
    expect(await say(`a SETMETADATA INBOX (/private/comment {${value.length}}`, `${value})`)).toEqual([
      '+ Ready',
      'a OK SETMETADATA completed',
    ])
    await say('a SETMETADATA INBOX (/private/comment "My own comment" /shared/comment "This one is for you!")')
    expect(await say('a GETMETADATA "INBOX" (/shared/comment /private/comment)')).toEqual([
      '* METADATA "INBOX" (/shared/comment "This one is for you!" /private/comment "My own comment")',
      'a OK GETMETADATA completed',
    ])
    expect(await say('a GETMETADATA "INBOX" (MAXSIZE 15) (/shared/comment /private/comment)')).toEqual([
      '* METADATA "INBOX" (/private/comment "My own comment")',
      'a OK [METADATA LONGENTRIES 20] GETMETADATA completed',
    ])
    await say(
      'a SETMETADATA INBOX (/private/filters/values/small "SMALLER 5000" /private/filters/values/boss "FROM \\"boss@example.com\\"")',
    )
    const [below] = await say('a GETMETADATA "INBOX" (DEPTH 1) (/private/filters/values)')
    expect(below).toContain('/private/filters/values/small "SMALLER 5000"')
    expect(below).toContain('/private/filters/values/boss "FROM \\"boss@example.com\\""')
    await say('a SETMETADATA INBOX (/private/comment NIL)')
    expect((await say('a GETMETADATA INBOX /private/comment'))[0]).toBe('* METADATA "INBOX" (/private/comment NIL)')
  })

  it('raises the mod-sequence of the mailbox, of no other and for nothing of the account (RFC 7162 §3.2)', async () => {
    deliver(store, simple)
    const drafts = store.mailboxByRole('drafts')!.id
    const before = [store.counts(inbox).highestModSeq, store.counts(drafts).highestModSeq]
    await say('a SETMETADATA "" (/private/comment "mine")')
    expect(store.counts(inbox).highestModSeq).toBe(before[0])
    await say('a SETMETADATA INBOX (/private/comment "its")')
    expect(store.counts(inbox).highestModSeq).toBeGreaterThan(before[0]!)
    expect(store.counts(drafts).highestModSeq).toBe(before[1])
  })
})

/** An ESEARCH response of one mailbox with one UID. */
function response(tag: string, name: string, uid: number): RegExp {
  return new RegExp(`^\\* ESEARCH \\(TAG "${tag}" MAILBOX "${name}" UIDVALIDITY \\d+\\) UID ALL ${uid}$`)
}

describe('RFC 7377 §2 and §3', () => {
  it('several mailboxes with one command, and two commands at once', async () => {
    await say('a CREATE folder1', 'a CREATE folder2/banana', 'a CREATE folder2/salmon')
    const one = put('folder1', 'Subject: hello\r\n\r\n')
    const two = put('folder2/banana', 'Subject: hello\r\n\r\n', ['$seen'])
    const three = put('folder2/salmon', 'Subject: chad\r\n\r\n')
    const lines = await say(
      'tag1 ESEARCH IN (mailboxes "folder1" subtree "folder2") unseen\r\n' +
        'tag2 ESEARCH IN (mailboxes "folder1" subtree-one "folder2") subject "chad"',
    )
    expect(lines).toEqual([
      expect.stringMatching(response('tag1', 'folder1', one)),
      expect.stringMatching(response('tag1', 'folder2/salmon', three)),
      'tag1 OK ESEARCH completed',
      expect.stringMatching(response('tag2', 'folder2/salmon', three)),
      'tag2 OK ESEARCH completed',
    ])
    expect(lines.join()).not.toContain(`ALL ${two}`)
  })

  it('message numbers beyond the mailbox are no error', async () => {
    deliver(store, many(2))
    await client.select()
    expect(await say('tag1 ESEARCH FROM "frobozz" 101:200')).toEqual(['tag1 OK ESEARCH completed'])
    expect((await say('tag2 SEARCH 101:200'))[1]).toBe('tag2 OK SEARCH completed')
  })
})

describe('RFC 5256', () => {
  it('§3: SORT by subject, by subject and date, and of nothing', async () => {
    for (const [subject, day] of [
      ['b', 3],
      ['a', 1],
      ['Re: b', 2],
    ] as const) {
      put('INBOX', `Subject: ${subject}\r\nDate: Mon, ${day} Feb 1994 21:52:25 -0800\r\n\r\n`)
    }
    await client.select()
    expect((await say('A282 SORT (SUBJECT) UTF-8 ALL'))[0]).toBe('* SORT 2 1 3')
    expect((await say('A283 SORT (SUBJECT REVERSE DATE) UTF-8 ALL'))[0]).toBe('* SORT 2 1 3')
    expect((await say('A284 SORT (SUBJECT) US-ASCII TEXT "not in mailbox"'))[0]).toBe('* SORT')
    expect((await say('A285 THREAD ORDEREDSUBJECT UTF-8 ALL'))[0]).toBe('* THREAD (2)(3 1)')
  })
})
