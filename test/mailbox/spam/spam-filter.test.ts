/** The account learns from what its people do, and nothing else. */
import { describe, expect, test, vi } from 'vitest'
import type { EmailId, MailboxId, MailStore } from '../../../src/mailbox/index.ts'
import { message, openStore } from '../fixture.ts'

const pills = (n: number) =>
  message({ from: `seller${n}@pills.example`, subject: 'Cheap pills', body: `Buy cheap pills now, offer ${n}!` })
const lunch = (n: number) =>
  message({
    from: 'Bob <bob@facteur.test>',
    subject: `Lunch ${n}`,
    body: `Shall we have lunch with Carol on day ${n}?`,
  })

function stage() {
  const fixture = openStore()
  const { store, inbox, box } = fixture
  store.onCommit((commit) => store.spam.noteCommit(commit))
  const put = (raw: Uint8Array, mailbox = inbox): EmailId =>
    store.transaction(() => store.add([{ raw, mailboxIds: [mailbox] }]))[0]!.id
  /** The UID of an email that has only one place. */
  const uid = (id: EmailId): number => store.email(id)!.places[0]!.uid
  const move = (id: EmailId, to: MailboxId) => store.move(store.email(id)!.places[0]!.mailboxId, [uid(id)], to)
  const learn = async (of: MailStore = store) => {
    while ((await of.spam.learn(7)) > 0);
    return of.spam.learned
  }
  return { ...fixture, put, uid, move, learn, junk: box('junk'), archive: box('archive'), trash: box('trash') }
}

/** An account that has been told of twenty of each. */
async function taught() {
  const made = stage()
  const { put, move, learn, junk, archive } = made
  for (let n = 0; n < 20; n++) {
    move(put(pills(n)), junk)
    move(put(lunch(n)), archive)
  }
  await learn()
  return made
}

describe('an opinion', () => {
  test('is: into Junk, spam; out of it, wanted; from the inbox into another mailbox, wanted', async () => {
    const { put, move, learn, junk, archive, inbox } = stage()
    move(put(pills(1)), junk)
    move(put(lunch(1)), archive)
    move(put(lunch(2), junk), inbox)
    expect(await learn()).toEqual({ wanted: 2, spam: 1 })
  })

  test('is not: a message that came, one thrown away, one moved about among other mailboxes', async () => {
    const { put, move, learn, junk, archive, trash, store } = stage()
    put(pills(1), junk)
    move(put(pills(2)), trash)
    const other = store.createMailbox({ name: 'Old', parentId: null })
    move(put(lunch(1), archive), other.id)
    expect(await learn()).toEqual({ wanted: 0, spam: 0 })
  })

  test.each([
    ['$junk', { wanted: 0, spam: 1 }],
    ['$notjunk', { wanted: 1, spam: 0 }],
    ['$flagged', { wanted: 1, spam: 0 }],
    ['$answered', { wanted: 1, spam: 0 }],
    ['$seen', { wanted: 0, spam: 0 }],
  ])('the keyword %s says %o', async (keyword, learned) => {
    const { put, uid, learn, store, inbox } = stage()
    store.setFlags(inbox, [uid(put(lunch(1)))], { add: [keyword] })
    expect(await learn()).toEqual(learned)
  })

  test('counts once, however often it is said', async () => {
    const { put, uid, learn, store, inbox } = stage()
    const id = put(lunch(1))
    store.setFlags(inbox, [uid(id)], { add: ['$flagged'] })
    await learn()
    store.setFlags(inbox, [uid(id)], { add: ['$answered'] })
    expect(await learn()).toEqual({ wanted: 1, spam: 0 })
  })

  test('of many messages at once is one statement', async () => {
    const { put, uid, learn, store, inbox, sql } = stage()
    const uids = Array.from({ length: 30 }, (_, n) => uid(put(lunch(n))))
    const exec = vi.spyOn(sql, 'exec')
    store.setFlags(inbox, uids, { add: ['$flagged'] })
    expect(exec.mock.calls.filter(([query]) => query.includes('INTO spam'))).toHaveLength(1)
    exec.mockRestore()
    expect(await learn()).toEqual({ wanted: 30, spam: 0 })
  })

  test('that changes takes the first one back', async () => {
    const { put, move, learn, junk, inbox } = stage()
    const id = put(lunch(1))
    move(id, junk)
    expect(await learn()).toEqual({ wanted: 0, spam: 1 })
    move(id, inbox)
    expect(await learn()).toEqual({ wanted: 1, spam: 0 })
  })

  test('of a message that is gone before it was read is forgotten', async () => {
    const { put, move, learn, junk, store, sql } = stage()
    const id = put(pills(1))
    move(id, junk)
    store.destroy([id])
    expect(await learn()).toEqual({ wanted: 0, spam: 0 })
    expect(sql.exec('SELECT count(*) AS n FROM spam').one()).toEqual({ n: 0 })
  })

  test('that was written is learned from in the next life', async () => {
    const { put, move, learn, junk, reopen } = stage()
    move(put(pills(1)), junk)
    expect(await learn(reopen())).toEqual({ wanted: 0, spam: 1 })
  })
})

describe('the filter', () => {
  test('has no say before it knows twenty of each', async () => {
    const { put, move, learn, junk, store } = stage()
    for (let n = 0; n < 40; n++) move(put(pills(n)), junk)
    await learn()
    expect(store.spam.score(pills(100))).toBeUndefined()
    expect(store.spam.isSpam(pills(100))).toBe(false)
  })

  test('knows more of the same, and leaves the rest alone', async () => {
    const { store } = await taught()
    expect(store.spam.isSpam(pills(100))).toBe(true)
    expect(store.spam.isSpam(lunch(100))).toBe(false)
    expect(store.spam.isSpam(message({ from: 'x@new.example', subject: 'Hi', body: 'Something else entirely' }))).toBe(
      false,
    )
  })

  test('remembers in the next life, and keeps no words', async () => {
    const { reopen, sql } = await taught()
    expect(reopen().spam.isSpam(pills(100))).toBe(true)
    const rows = sql.exec<{ counts: ArrayBuffer | null }>('SELECT counts FROM spam WHERE counts IS NOT NULL').toArray()
    expect(rows.map(({ counts }) => counts?.byteLength)).toEqual([262_152])
  })

  test('costs a delivery nothing while nothing was learned: no row is written', () => {
    const { sql, store, put } = stage()
    put(lunch(1))
    expect(store.spam.isSpam(pills(1))).toBe(false)
    expect(sql.exec('SELECT count(*) AS n FROM spam').one()).toEqual({ n: 0 })
  })
})
