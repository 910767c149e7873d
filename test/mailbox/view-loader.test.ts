import { describe, expect, test } from 'vitest'
import type { SqlRow } from '../../src/storage/index.ts'
import { newEmail, openStore } from './fixture.ts'

interface Placed extends SqlRow {
  uid: number
  email: number
  thread: number
  received: number
  size: number
  modseq: number
}

function stored(count: number) {
  const fixture = openStore()
  const { store, inbox, box } = fixture
  store.add(
    Array.from({ length: count }, (_, index) =>
      newEmail(
        inbox,
        { subject: 'tea', id: `m${index}`, body: 'x'.repeat(index % 50) },
        { receivedAt: 9e12 - index * 1e6 },
      ),
    ),
  )
  const uids = Array.from(store.view(inbox).uidList())
  store.setFlags(inbox, uids.slice(0, count / 2), { add: ['$seen', 'custom'] })
  store.setFlags(inbox, uids.slice(0, 3), { add: ['\\deleted'] })
  // Moved away and back: UIDs and ids differ.
  const archive = box('archive')
  store.move(inbox, uids.slice(-5), archive)
  store.move(archive, Array.from(store.view(archive).uidList()), inbox)
  return fixture
}

describe('A mailbox that is read into memory is what was written', () => {
  test.each([0, 1, 20_000])('UIDs up to %d apart', (gap) => {
    const { sql, inbox, reopen } = stored(60)
    sql.exec('UPDATE placement SET uid = uid + 60000000')
    sql.exec(`UPDATE placement SET uid = uid - 60000000 + (uid - 60000000) * ${gap}`)
    const view = reopen().view(inbox)
    const rows = sql.exec<Placed>('SELECT * FROM placement WHERE mailbox = ? ORDER BY uid', inbox).toArray()
    expect(rows).toHaveLength(60)
    expect([...view.entries()]).toEqual(
      rows.map(({ uid, email, thread, received, size, modseq }) =>
        expect.objectContaining({ uid, emailId: email, threadId: thread, receivedAt: received, size, modseq }),
      ),
    )
    expect(view.deletedUids()).toHaveLength(3)
    expect([...view.entries()].filter(({ keywords }) => keywords.includes('custom'))).toHaveLength(30)
  })

  test('more keywords than there are bits for', () => {
    const { store, inbox, reopen } = stored(4)
    const names = Array.from({ length: 40 }, (_, index) => `word-${index}`)
    store.setFlags(inbox, Array.from(store.view(inbox).uidList()).slice(0, 2), { add: names })
    const of = (opened: typeof store) => [...opened.view(inbox).entries()].map(({ keywords }) => keywords)
    expect(of(reopen())).toEqual(of(store))
    expect(of(reopen())[0]).toEqual(expect.arrayContaining(names))
  })

  test('an empty mailbox', () => {
    const { box, reopen } = stored(2)
    expect(reopen().view(box('junk'))).toHaveLength(0)
  })
})
