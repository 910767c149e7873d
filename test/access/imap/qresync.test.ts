/**
 * Quick resynchronisation (RFC 7162 §3.2) and UIDONLY (RFC 9586).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailboxId, MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

let store: MailStore
let client: Client
let inbox: MailboxId

beforeEach(() => {
  store = newStore()
  client = new Client(store)
  inbox = store.mailboxByRole('inbox')!.id
})

/** What a client would have kept of INBOX. */
function kept(): { validity: number; modSeq: number } {
  const { uidValidity, highestModSeq } = store.counts(inbox)
  return { validity: uidValidity, modSeq: highestModSeq }
}

async function reselect(parameter: string): Promise<string[]> {
  await client.command('ENABLE QRESYNC')
  const lines = await client.command(`SELECT INBOX (QRESYNC (${parameter}))`)
  return lines.filter((line) => /VANISHED|FETCH|^a /.test(line))
}

describe('SELECT (QRESYNC …)', () => {
  it('tells what has gone, what has changed and what is new since, and nothing else (§3.2.5)', async () => {
    const [one, two, three, four] = deliver(store, [simple, simple, simple, simple])
    const { validity, modSeq } = kept()
    store.expunge(inbox, [one!, three!])
    store.setFlags(inbox, [two!], { add: ['$seen'] })
    const [five] = deliver(store, simple)
    const lines = await reselect(`${validity} ${modSeq}`)
    expect(lines).toEqual([
      `* VANISHED (EARLIER) ${one},${three}`,
      expect.stringMatching(new RegExp(`^\\* 1 FETCH \\(UID ${two} FLAGS \\(\\\\Seen\\) MODSEQ \\(\\d+\\)\\)$`)),
      expect.stringMatching(new RegExp(`^\\* 3 FETCH \\(UID ${five} FLAGS \\(\\) MODSEQ \\(\\d+\\)\\)$`)),
      'a OK [READ-WRITE] SELECT completed',
    ])
    expect(four).toBeDefined()
  })

  it('keeps to the UIDs that the client says it knows (§3.2.5.1)', async () => {
    const [one, two, three] = deliver(store, [simple, simple, simple])
    const { validity, modSeq } = kept()
    store.expunge(inbox, [one!, three!])
    store.setFlags(inbox, [two!], { add: ['$flagged'] })
    expect(await reselect(`${validity} ${modSeq} ${three}`)).toEqual([
      `* VANISHED (EARLIER) ${three}`,
      'a OK [READ-WRITE] SELECT completed',
    ])
  })

  it('tells that a message is gone which came after the state that the client names', async () => {
    const { validity, modSeq } = { ...kept(), modSeq: store.state as number }
    const [late] = deliver(store, simple)
    store.expunge(inbox, [late!])
    expect(await reselect(`${validity} ${modSeq} 1:${late}`)).toContain(`* VANISHED (EARLIER) ${late}`)
  })

  it('tells nothing when the UIDVALIDITY is another', async () => {
    const [one] = deliver(store, [simple, simple])
    const { validity, modSeq } = kept()
    store.expunge(inbox, [one!])
    expect(await reselect(`${validity - 1} ${modSeq}`)).toEqual(['a OK [READ-WRITE] SELECT completed'])
  })

  it('names all that is not there when the history does not reach back, but what is known to match (§3.2.5.2)', async () => {
    store = newStore({ maxChangeRows: 1 })
    client = new Client(store)
    inbox = store.mailboxByRole('inbox')!.id
    const uids = deliver(
      store,
      Array.from({ length: 6 }, () => simple),
    )
    const { validity, modSeq } = kept()
    store.expunge(inbox, [uids[1]!, uids[4]!])
    for (let turn = 0; turn < 5000; turn++)
      store.setFlags(inbox, [uids[0]!], { [turn % 2 ? 'add' : 'remove']: ['$seen'] })
    expect(store.vanishedSince(inbox, modSeq)).toBeUndefined()
    const known = `${uids[0]}:${uids[5]}`
    const [all] = await reselect(`${validity} ${modSeq} ${known}`)
    expect(all).toBe(`* VANISHED (EARLIER) ${uids[1]},${uids[4]}`)
    const [beyond] = await reselect(`${validity} ${modSeq} ${known} (1,2 ${uids[0]},${uids[2]})`)
    expect(beyond).toBe(`* VANISHED (EARLIER) ${uids[4]}`)
  })

  it('says that the mailbox selected before is closed (§3.2.11)', async () => {
    await client.select('Drafts')
    await client.command('ENABLE QRESYNC')
    expect((await client.command('SELECT INBOX'))[0]).toMatch(/^\* OK \[CLOSED\]/)
  })

  it.each([
    ['without ENABLE', 'SELECT INBOX (QRESYNC (1 1))'],
    ['without a mod-sequence', 'SELECT INBOX (QRESYNC (1))'],
    ['with a UIDVALIDITY of zero', 'SELECT INBOX (QRESYNC (0 1))'],
    ['with a mod-sequence of zero', 'SELECT INBOX (QRESYNC (1 0))'],
    ['with a set that is open', 'SELECT INBOX (QRESYNC (1 1 1:*))'],
    ['with half a match', 'SELECT INBOX (QRESYNC (1 1 1:2 (1:2)))'],
  ])('BAD %s', async (label, command) => {
    if (label !== 'without ENABLE') await client.command('ENABLE QRESYNC')
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
  })
})

describe('VANISHED', () => {
  it('takes the place of EXPUNGE, in every command that tells it (§3.2.10)', async () => {
    const uids = deliver(store, [simple, simple, simple, simple])
    await client.command('ENABLE QRESYNC')
    await client.select()
    await client.command(`UID STORE ${uids[0]},${uids[2]} +FLAGS.SILENT (\\Deleted)`)
    const expunged = await client.command('EXPUNGE')
    expect(expunged).toEqual([
      `* VANISHED ${uids[0]},${uids[2]}`,
      `a OK [HIGHESTMODSEQ ${store.counts(inbox).highestModSeq}] EXPUNGE completed`,
    ])
    const moved = await client.command('MOVE 1 Archive')
    expect(moved.slice(1)).toEqual([
      `* VANISHED ${uids[1]}`,
      `a OK [HIGHESTMODSEQ ${store.counts(inbox).highestModSeq}] MOVE completed`,
    ])
    store.expunge(inbox, [uids[3]!])
    expect(await client.command('NOOP')).toEqual([`* VANISHED ${uids[3]}`, 'a OK Done'])
  })

  it('is told in IDLE, and after hibernation', async () => {
    const uids = deliver(store, [simple, simple])
    await client.command('ENABLE QRESYNC')
    await client.select()
    await client.send('b IDLE\r\n')
    client.hibernate()
    store.expunge(inbox, [uids[0]!])
    expect(client.take()).toBe(`* VANISHED ${uids[0]}\r\n`)
  })

  it('is silent while FETCH, STORE and SEARCH by number are answered', async () => {
    const uids = deliver(store, [simple, simple])
    await client.command('ENABLE QRESYNC')
    await client.select()
    store.expunge(inbox, [uids[0]!])
    expect((await client.command('FETCH 2 FLAGS')).join()).not.toContain('VANISHED')
    expect((await client.command('UID FETCH 1:* FLAGS')).join()).toContain(`* VANISHED ${uids[0]}`)
  })

  it('comes with UID FETCH (CHANGEDSINCE … VANISHED) for the UIDs named (§3.2.6)', async () => {
    const uids = deliver(store, [simple, simple, simple])
    const { modSeq } = kept()
    await client.command('ENABLE QRESYNC')
    store.expunge(inbox, [uids[0]!, uids[2]!])
    await client.select()
    const lines = await client.command(`UID FETCH ${uids[0]}:${uids[1]} (FLAGS) (CHANGEDSINCE ${modSeq} VANISHED)`)
    expect(lines).toEqual([`* VANISHED (EARLIER) ${uids[0]}`, 'a OK FETCH completed'])
  })

  it.each([
    'FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)',
    'UID FETCH 1:* (FLAGS) (VANISHED)',
    'UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 GONE)',
  ])('BAD for %s', async (command) => {
    await client.command('ENABLE QRESYNC')
    await client.select()
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
  })

  it('BAD for VANISHED before QRESYNC is enabled', async () => {
    await client.select()
    expect((await client.command('UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)')).at(-1)).toMatch(/^a BAD/)
  })
})

describe('UIDONLY', () => {
  beforeEach(async () => {
    await client.command('ENABLE UIDONLY')
  })

  it('answers with UIDFETCH and VANISHED (RFC 9586 §3)', async () => {
    const uids = deliver(store, [simple, simple])
    const lines = await client.command('SELECT INBOX')
    expect(lines.join()).not.toContain('UNSEEN')
    expect(await client.command(`UID FETCH ${uids[0]} (FLAGS)`)).toEqual([
      `* ${uids[0]} UIDFETCH (FLAGS ())`,
      'a OK FETCH completed',
    ])
    expect(await client.command(`UID FETCH ${uids[0]} (UID)`)).toContain(`* ${uids[0]} UIDFETCH (UID ${uids[0]})`)
    expect(await client.command(`UID STORE ${uids[0]} +FLAGS (\\Deleted)`)).toContain(
      `* ${uids[0]} UIDFETCH (FLAGS (\\Deleted))`,
    )
    expect(await client.command(`UID EXPUNGE ${uids[0]}`)).toContain(`* VANISHED ${uids[0]}`)
    store.setFlags(inbox, [uids[1]!], { add: ['$seen'] })
    expect(await client.command('NOOP')).toContain(`* ${uids[1]} UIDFETCH (FLAGS (\\Seen))`)
  })

  it.each([
    'FETCH 1 FLAGS',
    'STORE 1 +FLAGS (\\Seen)',
    'SEARCH ALL',
    'SORT (SUBJECT) UTF-8 ALL',
    'THREAD REFERENCES UTF-8 ALL',
    'COPY 1 Archive',
    'MOVE 1 Archive',
    'UID SEARCH 1:2',
    'UID SEARCH NOT 1:2',
  ])('refuses %s: there are no numbers', async (command) => {
    deliver(store, [simple, simple])
    await client.select()
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD \[UIDREQUIRED\]/)
  })

  it('refuses a match by numbers in QRESYNC', async () => {
    await client.command('ENABLE QRESYNC')
    expect((await client.command('SELECT INBOX (QRESYNC (1 1 1:2 (1 1)))')).at(-1)).toMatch(/^a BAD \[UIDREQUIRED\]/)
  })

  it('searches by UID', async () => {
    const uids = deliver(store, [simple, simple])
    await client.select()
    expect((await client.command('UID SEARCH RETURN (ALL) ALL'))[0]).toBe(
      `* ESEARCH (TAG "a") UID ALL ${uids[0]}:${uids[1]}`,
    )
  })
})
