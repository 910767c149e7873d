import { expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { type Commit, MailStore, StoreError } from '../../src/mailbox/index.ts'
import { message, newEmail, openStore } from './fixture.ts'

test('an account that was never created does not exist and stays an empty database', async () => {
  const sql = memorySql()
  const store = new MailStore({ sql, now: () => 0 })
  expect(store.exists).toBe(false)
  expect(() => store.mailboxes()).toThrow(StoreError)
  await expect(store.credentials.verify('guess')).rejects.toThrow('no such account')
  expect(() => store.add([])).toThrow('no such account')
  expect(sql.exec('SELECT count(*) AS n FROM sqlite_master').one().n).toBe(0)
})

test('a new account has the usual mailboxes and one identity', () => {
  const { store } = openStore()
  expect(store.mailboxes().map(({ name, role }) => [name, role])).toEqual([
    ['Inbox', 'inbox'],
    ['Drafts', 'drafts'],
    ['Sent', 'sent'],
    ['Junk', 'junk'],
    ['Trash', 'trash'],
    ['Archive', 'archive'],
  ])
  expect(store.identities()).toMatchObject([{ email: 'alice@facteur.test', name: 'Alice', mayDelete: false }])
  expect(() => store.create({ address: 'again@facteur.test' })).toThrow('exists')
})

test('what an aborted creation wrote is gone, and the account can still be made', () => {
  const sql = memorySql()
  const store = new MailStore({ sql, now: () => 0 })
  expect(() => store.create({ address: 'a@b.test', quota: -1 })).toThrow(StoreError)
  expect(store.exists).toBe(false)
  store.create({ address: 'a@b.test' })
  expect(store.exists).toBe(true)
})

test('a failed transaction leaves memory and database as before, and tells nobody', () => {
  const { store, inbox } = openStore()
  const commits: Commit[] = []
  store.add([newEmail(inbox, { subject: 'kept' })])
  store.onCommit((commit) => commits.push(commit))
  const before = [store.state, store.counts(inbox).total, store.quota().used, store.mailboxes().length]
  const attempt = (): void =>
    store.transaction(() => {
      store.add([newEmail(inbox, { subject: 'lost' }, { keywords: ['lost'] })])
      store.createMailbox({ name: 'Lost' })
      throw new Error('power cut')
    })
  expect(attempt).toThrow('power cut')
  expect([store.state, store.counts(inbox).total, store.quota().used, store.mailboxes().length]).toEqual(before)
  expect(commits).toEqual([])
})

test('a refused operation may be caught inside a transaction; a half-done one may not', () => {
  const { store, inbox } = openStore()
  store.transaction(() => {
    expect(() => store.createMailbox({ name: '' })).toThrow(StoreError)
    store.add([newEmail(inbox)])
  })
  expect(store.counts(inbox).total).toBe(1)
  const halfDone = (): void =>
    store.transaction(() => {
      try {
        store.transaction(() => {
          store.add([newEmail(inbox)])
          throw new Error('after writing')
        })
      } catch {
        // The caller thinks it can go on.
      }
    })
  expect(halfDone).toThrow('after writing')
  expect(store.counts(inbox).total).toBe(1)
})

test('listeners hear of one commit per outermost transaction, after it, with what changed', () => {
  const { store, inbox, box } = openStore()
  const commits: Commit[] = []
  const stop = store.onCommit((commit) => commits.push(commit))
  store.transaction(() => {
    const [email] = store.add([newEmail(inbox)])
    if (email !== undefined) store.setFlags(inbox, [email.id], { add: ['$seen'] })
    expect(commits).toEqual([])
  })
  expect(commits).toHaveLength(1)
  const id = commits[0]?.emails.created[0] as number
  expect(commits[0]).toMatchObject({ emails: { created: [id], updated: [], destroyed: [] }, state: store.state })
  expect(commits[0]?.placements.get(inbox)).toEqual({ added: [id], changed: [], expunged: [] })
  store.move(inbox, [id], box('archive'))
  expect(commits[1]?.placements.get(inbox)).toEqual({ added: [], changed: [], expunged: [id] })
  expect(commits[1]?.mailboxes.counts).toEqual(new Set([inbox, box('archive')]))
  stop()
  store.add([newEmail(inbox)])
  expect(commits).toHaveLength(2)
})

test('the quota counts octets, refuses what does not fit, and survives a restart', () => {
  const { store, inbox, reopen } = openStore()
  const size = message().length
  store.updateAccount({ quota: size * 2 })
  const [first] = store.add([newEmail(inbox), newEmail(inbox)])
  expect(store.quota()).toEqual({ used: size * 2, count: 2, limit: size * 2 })
  expect(() => store.add([newEmail(inbox)])).toThrow(expect.objectContaining({ type: 'overQuota' }))
  store.destroy([first!.id])
  store.add([newEmail(inbox)])
  expect(reopen().quota()).toEqual({ used: size * 2, count: 2, limit: size * 2 })
})
