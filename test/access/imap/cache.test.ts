/**
 * What a client that keeps a cache by mod-sequences may rely on (RFC 7162 §3.1–3.2, §6), and when EXPUNGE may not be told.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailboxId, MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, settled, simple } from './harness.ts'

let store: MailStore
let client: Client
let inbox: MailboxId
let uids: number[]

beforeEach(() => {
  store = newStore()
  client = new Client(store)
  inbox = store.mailboxByRole('inbox')!.id
  uids = deliver(store, [simple, simple, simple])
})

describe('EXPUNGE is not told', () => {
  it.each([
    ['FETCH 2 FLAGS', 'RFC 9051 §7.5.1'],
    ['STORE 2 +FLAGS (\\Seen)', 'RFC 9051 §7.5.1'],
    ['SEARCH ALL', 'RFC 9051 §7.5.1'],
    ['SORT (SUBJECT) UTF-8 ALL', 'RFC 5256 §3'],
    ['THREAD REFERENCES UTF-8 ALL', 'RFC 5256 §3'],
    ['UID SEARCH 1:2', 'RFC 7162 §3.2.10.2'],
    ['UID SEARCH OR SEEN NOT 1', 'RFC 7162 §3.2.10.2'],
    ['UID SORT (SUBJECT) UTF-8 2:3', 'RFC 7162 §3.2.10.2'],
  ])('in answer to %s (%s)', async (command) => {
    await client.select()
    store.expunge(inbox, [uids[0]!])
    const lines = await client.command(command)
    expect(lines.at(-1)).toMatch(/^a OK/)
    expect(lines.join()).not.toContain('EXPUNGE')
    expect(await client.command('NOOP')).toContain('* 1 EXPUNGE')
  })

  it.each(['UID SEARCH ALL', 'UID SEARCH UID 1:*', 'UID SEARCH $', 'UID THREAD REFS UTF-8 ALL', 'UID FETCH 1:* FLAGS'])(
    'but is in answer to %s',
    async (command) => {
      await client.select()
      store.expunge(inbox, [uids[0]!])
      expect(await client.command(command)).toContain('* 1 EXPUNGE')
    },
  )
})

describe('HIGHESTMODSEQ', () => {
  it.each([
    'ENABLE CONDSTORE',
    'ENABLE QRESYNC',
    'STATUS Drafts (HIGHESTMODSEQ)',
    'FETCH 1 (MODSEQ)',
    'FETCH 1 (FLAGS) (CHANGEDSINCE 1)',
    'SEARCH MODSEQ 1',
    'STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Seen)',
  ])('is told with the first %s in a selected mailbox, and not again (§3.1)', async (command) => {
    await client.select()
    const told = `* OK [HIGHESTMODSEQ ${store.counts(inbox).highestModSeq}]`
    expect((await client.command(command)).join('\n')).toContain(told)
    expect((await client.command(command)).join('\n')).not.toContain(told)
  })

  it('stays below what could not be told yet, and rises when it is (§3.2, §6)', async () => {
    await client.command('ENABLE QRESYNC')
    await client.select()
    const before = store.state
    store.expunge(inbox, [uids[2]!])
    const stored = await client.command('STORE 1:2 +FLAGS.SILENT (\\Seen)')
    expect(stored).toEqual([
      `* 1 FETCH (UID ${uids[0]} MODSEQ (${store.state}))`,
      `* 2 FETCH (UID ${uids[1]} MODSEQ (${store.state}))`,
      `* OK [HIGHESTMODSEQ ${before}] All that is below has been told`,
      'a OK STORE completed',
    ])
    client.hibernate()
    store.setFlags(inbox, [uids[0]!], { add: ['$flagged'] })
    expect(await client.command('FETCH 1 (MODSEQ)')).toContain(
      `* OK [HIGHESTMODSEQ ${before}] All that is below has been told`,
    )
    expect(await client.command('NOOP')).toEqual([
      `* VANISHED ${uids[2]}`,
      `* OK [HIGHESTMODSEQ ${store.state}] All that is below has been told`,
      'a OK Done',
    ])
  })

  it('is not told by CLOSE: the client does not know what went (§3.2.8)', async () => {
    await client.command('ENABLE QRESYNC')
    await client.select()
    await client.command('STORE 1 +FLAGS.SILENT (\\Deleted)')
    expect(await client.command('CLOSE')).toEqual(['a OK Mailbox closed'])
  })
})

describe('with CONDSTORE', () => {
  it('flags that FETCH has changed come with UID and MODSEQ (§3.2.4)', async () => {
    await client.command('ENABLE CONDSTORE')
    await client.select()
    const answer = await client.send('a FETCH 1 BODY[TEXT]\r\n')
    expect(answer).toMatch(
      new RegExp(`^\\* 1 FETCH \\(UID ${uids[0]} FLAGS \\(\\\\Seen\\) MODSEQ \\(${store.state}\\) BODY\\[TEXT\\]`),
    )
    expect(await client.command('FETCH 1 FLAGS')).toContain('* 1 FETCH (FLAGS (\\Seen))')
  })

  it('new messages that NOTIFY sends come with MODSEQ (§3.2.4)', async () => {
    await client.command('ENABLE CONDSTORE')
    await client.select()
    await client.command('NOTIFY SET (selected (MessageNew (FLAGS) MessageExpunge))')
    const [uid] = deliver(store, simple)
    await settled()
    expect(client.take()).toBe(`* 4 EXISTS\r\n* 4 FETCH (UID ${uid} FLAGS () MODSEQ (${uid}))\r\n`)
  })

  it('a conditional STORE tells the mod-sequence even where nothing had to be changed (§3.1.3)', async () => {
    store.setFlags(inbox, [uids[0]!], { add: ['$seen'] })
    await client.select()
    const { highestModSeq } = store.counts(inbox)
    const lines = await client.command(`STORE 1 (UNCHANGEDSINCE ${highestModSeq}) +FLAGS.SILENT (\\Seen)`)
    expect(lines).toContain(`* 1 FETCH (UID ${uids[0]} MODSEQ (${highestModSeq}))`)
  })
})

it('says that the mailbox selected before is closed, whatever is enabled (§3.2.11)', async () => {
  await client.select('Drafts')
  expect((await client.command('SELECT INBOX'))[0]).toMatch(/^\* OK \[CLOSED\]/)
})

it('gives each message its own data when others go while its body is waited for', async () => {
  await client.select()
  const [, second] = store.view(inbox).emails
  const fetched = client.session.receive(new TextEncoder().encode('a FETCH 2 (UID EMAILID BODY.PEEK[TEXT])\r\n'))
  store.expunge(inbox, [uids[0]!])
  await fetched
  await settled()
  expect(client.take()).toContain(`* 2 FETCH (UID ${uids[1]} EMAILID (M${second})`)
})
