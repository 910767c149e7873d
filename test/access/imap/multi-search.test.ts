/**
 * MULTISEARCH (RFC 7377) and SEARCH=FUZZY (RFC 6203).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailboxId, MailStore } from '../../../src/mailbox/index.ts'
import { fromLatin1 } from '../../../src/format/index.ts'
import { Client, newStore } from './harness.ts'

let store: MailStore
let client: Client

beforeEach(() => {
  store = newStore()
  client = new Client(store)
})

/** A message with this subject and text in a mailbox; its UID. */
function put(mailbox: MailboxId, subject: string, text = ''): number {
  const raw = fromLatin1(
    `From: bob@example.com\r\nSubject: ${subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}`,
  )
  return store.add([{ raw, mailboxIds: [mailbox], keywords: [] }])[0]!.places[0]!.uid
}

async function responses(command: string): Promise<string[]> {
  return (await client.command(command)).filter((line) => line.startsWith('* ESEARCH'))
}

describe('ESEARCH', () => {
  const boxes = new Map<string, MailboxId>()

  beforeEach(async () => {
    for (const name of ['folder1', 'folder2', 'folder2/banana', 'folder2/peach', 'folder2/salmon/roe']) {
      await client.command(`CREATE ${name}`)
    }
    for (const mailbox of store.mailboxes()) boxes.set(store.mailboxPath(mailbox.id).join('/'), mailbox.id)
    await client.command('SUBSCRIBE folder1')
  })

  const box = (name: string): MailboxId => boxes.get(name)!
  const line = (name: string, values: string, tag = 'a'): string =>
    `* ESEARCH (TAG "${tag}" MAILBOX "${name}" UIDVALIDITY ${store.counts(box(name)).uidValidity}) UID ${values}`

  it('answers once for each mailbox in which something is found (§2.1)', async () => {
    const one = put(box('folder1'), 'x')
    const two = put(box('folder2/salmon/roe'), 'x')
    put(box('folder2'), 'other')
    expect(await responses('ESEARCH IN (mailboxes "folder1" subtree "folder2") SUBJECT x')).toEqual([
      line('folder1', `ALL ${one}`),
      line('folder2/salmon/roe', `ALL ${two}`),
    ])
  })

  it('goes one level down with subtree-one, and takes lists of mailboxes (§2.2)', async () => {
    const [top, child] = [put(box('folder2'), 'x'), put(box('folder2/peach'), 'x')]
    put(box('folder2/salmon/roe'), 'x')
    expect(await responses('ESEARCH IN (subtree-one folder2) ALL')).toEqual([
      line('folder2', `ALL ${top}`),
      line('folder2/peach', `ALL ${child}`),
    ])
    expect(await responses('ESEARCH IN (mailboxes (folder2 folder2/peach nowhere)) ALL')).toHaveLength(2)
  })

  it('knows the inboxes, what is subscribed, and all that is personal', async () => {
    put(store.mailboxByRole('inbox')!.id, 'x')
    put(box('folder1'), 'x')
    put(box('folder2'), 'x')
    expect((await responses('ESEARCH IN (inboxes) ALL')).join()).toContain('MAILBOX "INBOX"')
    const subscribed = (await responses('ESEARCH IN (subscribed) ALL')).join()
    expect(subscribed).toContain('"folder1"')
    expect(subscribed).not.toContain('"folder2"')
    expect(await responses('ESEARCH IN (personal) ALL')).toHaveLength(3)
  })

  it('searches a mailbox once, however often it is named', async () => {
    put(box('folder1'), 'x')
    expect(await responses('ESEARCH IN (mailboxes folder1 subtree folder1 personal) ALL')).toHaveLength(1)
  })

  it('returns what is asked for, but nothing for nothing', async () => {
    const uids = [put(box('folder1'), 'x'), put(box('folder1'), 'x')]
    expect(await responses('ESEARCH IN (personal) RETURN (MIN COUNT) ALL')).toEqual([
      line('folder1', `MIN ${uids[0]} COUNT 2`),
    ])
    expect(await client.command('ESEARCH IN (personal) RETURN (COUNT) SUBJECT nowhere')).toEqual([
      'a OK ESEARCH completed',
    ])
  })

  it('means the selected mailbox when no source is named', async () => {
    expect((await client.command('ESEARCH ALL')).at(-1)).toMatch(/^a BAD/)
    const uid = put(box('folder1'), 'x')
    await client.select('folder1')
    expect(await responses('ESEARCH ALL')).toEqual([line('folder1', `ALL ${uid}`)])
  })

  it('saves what SEARCH would save, and says nothing where nothing else is asked for (RFC 5182 §2.1, §2.4)', async () => {
    const uids = [put(box('folder1'), 'x'), put(box('folder1'), 'x')]
    await client.select('folder1')
    expect(await responses('ESEARCH IN (selected) RETURN (SAVE) 1:2')).toEqual([])
    expect((await client.command('SEARCH RETURN (COUNT) $'))[0]).toContain('COUNT 2')
    expect(await responses('ESEARCH IN (selected) RETURN (SAVE MIN) ALL')).toEqual([line('folder1', `MIN ${uids[0]}`)])
    expect((await client.command('UID SEARCH RETURN (ALL) $'))[0]).toContain(`ALL ${uids[0]}`)
  })

  it('tells the highest mod-sequence of what it names where MODSEQ is asked for (RFC 7162 §3.1.10)', async () => {
    const uid = put(box('folder1'), 'x')
    const { highestModSeq } = store.counts(box('folder1'))
    expect(await responses('ESEARCH IN (personal) RETURN (ALL) MODSEQ 1')).toEqual([
      line('folder1', `ALL ${uid} MODSEQ ${highestModSeq}`),
    ])
  })

  it.each([
    ['message numbers', 'ESEARCH IN (personal) 1:2'],
    ['message numbers within', 'ESEARCH IN (personal) OR NOT 1:2 SEEN'],
    ['the saved result', 'ESEARCH IN (personal) UID $'],
    ['saving', 'ESEARCH IN (personal) RETURN (SAVE) ALL'],
    ['no source', 'ESEARCH IN () ALL'],
    ['an unknown source', 'ESEARCH IN (everywhere) ALL'],
    ['subtree of nothing', 'ESEARCH IN (subtree) ALL'],
  ])('BAD for %s where other mailboxes are searched', async (_, command) => {
    await client.select()
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
  })

  it('does not disturb the selected mailbox', async () => {
    put(store.mailboxByRole('inbox')!.id, 'x')
    await client.select()
    put(box('folder1'), 'x')
    await client.command('ESEARCH IN (personal) ALL')
    expect((await client.command('SEARCH ALL'))[0]).toBe('* SEARCH 1')
  })
})

describe('FUZZY', () => {
  it('matches words without their accents and case, where a plain key compares letters (RFC 6203 §3)', async () => {
    put(store.mailboxByRole('inbox')!.id, 'one', utf8('Der Caf\u00e9besuch war sch\u00f6n, im CAF\u00c9.'))
    put(store.mailboxByRole('inbox')!.id, 'two', 'tea')
    await client.select()
    expect((await client.command('SEARCH BODY cafe'))[0]).toBe('* SEARCH')
    expect((await client.command('SEARCH FUZZY BODY cafe'))[0]).toBe('* SEARCH 1')
  })

  it('reaches into lists, NOT and OR, and leaves other keys exact', async () => {
    const inbox = store.mailboxByRole('inbox')!.id
    put(inbox, utf8('r\u00e9sum\u00e9'))
    put(inbox, 'other')
    await client.select()
    expect((await client.command('SEARCH FUZZY (SUBJECT resume UNSEEN)'))[0]).toBe('* SEARCH 1')
    expect((await client.command('SEARCH NOT FUZZY SUBJECT resume'))[0]).toBe('* SEARCH 2')
    expect((await client.command('SEARCH OR FUZZY SUBJECT resume SUBJECT other'))[0]).toBe('* SEARCH 1 2')
    expect((await client.command('SEARCH FUZZY SEEN'))[0]).toBe('* SEARCH')
  })

  it('tells how well a message fits, and sorts by it (§4, §5)', async () => {
    const inbox = store.mailboxByRole('inbox')!.id
    put(inbox, 'other', 'about a kangaroo')
    put(inbox, 'Kangaroo', 'hop')
    await client.select()
    const [answer] = await client.command('SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT kangaroo')
    const scores = /RELEVANCY \((\d+) (\d+)\)/.exec(answer!)!.slice(1).map(Number)
    expect(scores[0]).toBeLessThan(scores[1]!)
    expect(scores.every((score) => score >= 1 && score <= 100)).toBe(true)
    expect((await client.command('SORT (RELEVANCY) UTF-8 FUZZY TEXT kangaroo'))[0]).toBe('* SORT 2 1')
  })

  it.each([
    'SEARCH RETURN (RELEVANCY) TEXT x',
    'SORT (RELEVANCY) UTF-8 TEXT x',
    'SEARCH FUZZY',
    'SEARCH RETURN (FUZZY) ALL',
  ])('BAD for %s', async (command) => {
    await client.select()
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
  })
})

/** A text as the octets of its UTF-8, one character each. */
function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text))
}
