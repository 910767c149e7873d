import { beforeEach, describe, expect, it } from 'vitest'
import type { MailboxId, MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

let store: MailStore
let client: Client
let inbox: MailboxId
let uids: number[]

beforeEach(async () => {
  store = newStore()
  inbox = store.mailboxByRole('inbox')!.id
  uids = deliver(store, [simple, simple, simple])
  client = await new Client(store).select()
})

describe('STORE', () => {
  it.each([
    ['STORE 4 +FLAGS (\\Seen)', 'a BAD No such message'],
    ['STORE 1 +FLAGS (\\Recent)', 'a BAD Not a flag that can be set'],
    ['STORE 1 +FLAGS (\\Foo)', 'a BAD Not a flag that can be set'],
    ['STORE 1 +FLAGS ($seen)', 'a BAD Not a flag that can be set'],
    ['STORE 1 FLAGS', 'a BAD Expected a space'],
  ])('refuses %s', async (command, answer) => {
    expect(await client.command(command)).toEqual([answer])
  })

  it('adds, removes and replaces', async () => {
    expect(await client.command('STORE 1:2 +FLAGS (\\Seen Todo)')).toEqual([
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft todo)',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft todo \\*)] Flags that are kept',
      `* 1 FETCH (UID ${uids[0]} FLAGS (\\Seen todo))`,
      `* 2 FETCH (UID ${uids[1]} FLAGS (\\Seen todo))`,
      'a OK STORE completed',
    ])
    expect((await client.command('STORE 1 -FLAGS todo'))[0]).toBe(`* 1 FETCH (UID ${uids[0]} FLAGS (\\Seen))`)
    expect((await client.command('STORE 2 FLAGS (\\Deleted \\Flagged)'))[0]).toBe(
      `* 2 FETCH (UID ${uids[1]} FLAGS (\\Deleted \\Flagged))`,
    )
    expect((await client.command('STORE 2 FLAGS ()'))[0]).toBe(`* 2 FETCH (UID ${uids[1]} FLAGS ())`)
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
  })

  it('tells other sessions of a keyword that is new to the mailbox (RFC 9051 §7.3.5)', async () => {
    store.setFlags(inbox, [uids[0]!], { add: ['urgent'] })
    expect((await client.command('NOOP')).slice(0, 3)).toEqual([
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft urgent)',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft urgent \\*)] Flags that are kept',
      `* 1 FETCH (UID ${uids[0]} FLAGS (urgent))`,
    ])
  })

  it('keeps silent when asked', async () => {
    expect(await client.command('STORE 1 +FLAGS.SILENT (\\Seen)')).toEqual(['a OK STORE completed'])
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
  })

  it('tells what others did before its own change', async () => {
    store.setFlags(inbox, [uids[2]!], { add: ['$flagged'] })
    expect(await client.command('STORE 1 +FLAGS.SILENT (\\Seen)')).toEqual([
      `* 3 FETCH (UID ${uids[2]} FLAGS (\\Flagged))`,
      'a OK STORE completed',
    ])
  })

  it('changes the keywords of the email in all its mailboxes, \\Deleted only here', async () => {
    await client.command('COPY 1 Archive')
    await client.command('STORE 1 +FLAGS (\\Flagged \\Deleted)')
    await client.select('Archive')
    expect((await client.command('FETCH 1 FLAGS'))[0]).toBe('* 1 FETCH (FLAGS (\\Flagged))')
  })

  it('says NO for messages that are gone, and changes the others', async () => {
    store.expunge(inbox, [uids[1]!])
    expect(await client.command('STORE 1:3 +FLAGS (\\Seen)')).toEqual([
      `* 1 FETCH (UID ${uids[0]} FLAGS (\\Seen))`,
      `* 3 FETCH (UID ${uids[2]} FLAGS (\\Seen))`,
      'a NO [EXPUNGEISSUED] Some messages are gone',
    ])
  })
})

describe('conditional STORE (RFC 7162 §3.1.3)', () => {
  it('changes what has not changed and names the rest', async () => {
    const since = store.state
    store.setFlags(inbox, [uids[1]!], { add: ['$flagged'] })
    const changed = store.state
    expect(await client.command(`STORE 1:3 (UNCHANGEDSINCE ${since}) +FLAGS.SILENT (\\Seen)`)).toEqual([
      `* 2 FETCH (UID ${uids[1]} FLAGS (\\Flagged) MODSEQ (${changed}))`,
      `* 1 FETCH (UID ${uids[0]} MODSEQ (${changed + 1}))`,
      `* 3 FETCH (UID ${uids[2]} MODSEQ (${changed + 1}))`,
      `* OK [HIGHESTMODSEQ ${changed + 1}] All that is below has been told`,
      'a OK [MODIFIED 2] Some messages had changed',
    ])
    expect((await client.command(`UID STORE ${uids[1]} (UNCHANGEDSINCE 1) FLAGS ()`)).at(-1)).toBe(
      `a OK [MODIFIED ${uids[1]}] Some messages had changed`,
    )
  })

  it('tells MODSEQ with every flag change from then on (§3.1)', async () => {
    await client.command('ENABLE CONDSTORE')
    store.setFlags(inbox, [uids[1]!], { add: ['$flagged'] })
    expect((await client.command('NOOP'))[0]).toBe(
      `* 2 FETCH (UID ${uids[1]} FLAGS (\\Flagged) MODSEQ (${store.state}))`,
    )
  })
})

describe('EXPUNGE', () => {
  it('tells numbers as they shift (RFC 9051 §7.5.1)', async () => {
    deliver(store, simple)
    await client.command('STORE 1,3:4 +FLAGS.SILENT (\\Deleted)')
    await client.command('NOOP')
    await client.command('STORE 1,3:4 +FLAGS.SILENT (\\Deleted)')
    expect(await client.command('EXPUNGE')).toEqual([
      '* 1 EXPUNGE',
      '* 2 EXPUNGE',
      '* 2 EXPUNGE',
      'a OK EXPUNGE completed',
    ])
    expect((await client.command('FETCH 1 UID'))[0]).toBe(`* 1 FETCH (UID ${uids[1]})`)
  })

  it('spares what UID EXPUNGE does not name (RFC 4315 §2.1)', async () => {
    await client.command('STORE 1:3 +FLAGS.SILENT (\\Deleted)')
    expect(await client.command(`UID EXPUNGE ${uids[1]}:*`)).toEqual([
      '* 2 EXPUNGE',
      '* 2 EXPUNGE',
      'a OK EXPUNGE completed',
    ])
  })
})

describe('COPY and MOVE', () => {
  it.each([
    ['COPY 1 nowhere', 'a NO [TRYCREATE] No such mailbox'],
    ['MOVE 1 nowhere', 'a NO [TRYCREATE] No such mailbox'],
    ['COPY 9 Archive', 'a BAD No such message'],
    ['UID COPY 999999 Archive', 'a OK Nothing to do'],
  ])('answers %s', async (command, answer) => {
    expect(await client.command(command)).toEqual([answer])
  })

  it('copies with COPYUID, flags and date (RFC 4315 §3)', async () => {
    await client.command('STORE 1 +FLAGS.SILENT (\\Seen)')
    const [line] = await client.command('COPY 1:2 Archive')
    const archive = store.mailboxByRole('archive')!
    const copies = store.view(archive.id).uidList()
    expect(line).toBe(
      `a OK [COPYUID ${archive.uidValidity} ${uids[0]}:${uids[1]} ${copies[0]}:${copies[1]}] COPY completed`,
    )
    await client.select('Archive')
    expect(await client.command('FETCH 1:2 (FLAGS INTERNALDATE)')).toEqual([
      '* 1 FETCH (FLAGS (\\Seen) INTERNALDATE "23-Nov-2026 12:00:00 +0000")',
      '* 2 FETCH (FLAGS () INTERNALDATE "23-Nov-2026 12:00:00 +0000")',
      'a OK FETCH completed',
    ])
  })

  it('copies into the same mailbox and shows the new message', async () => {
    expect((await client.command('COPY 1 INBOX'))[0]).toBe('* 4 EXISTS')
  })

  it('moves: COPYUID, then EXPUNGE, then OK (RFC 6851 §4.3)', async () => {
    const lines = await client.command('MOVE 1:2 Archive')
    expect(lines[0]).toMatch(/^\* OK \[COPYUID \d+ \d+:\d+ \d+:\d+\] Moved$/)
    expect(lines.slice(1)).toEqual(['* 1 EXPUNGE', '* 1 EXPUNGE', 'a OK MOVE completed'])
  })

  it('copies none when one is gone (RFC 9051 §6.4.7)', async () => {
    store.expunge(inbox, [uids[1]!])
    expect(await client.command('COPY 1:3 Archive')).toEqual([
      '* 2 EXPUNGE',
      'a NO [EXPUNGEISSUED] Some messages are gone',
    ])
    expect((await client.command('STATUS Archive (MESSAGES)'))[0]).toContain('MESSAGES 0')
  })
})

function literal(text: string): string {
  return `{${text.length}+}\r\n${text}`
}

describe('APPEND', () => {
  it.each([
    [`APPEND nowhere ${literal(simple)}`, 'a NO [TRYCREATE] No such mailbox'],
    [`APPEND INBOX ${literal('')}`, 'a NO The message is empty'],
    [
      `APPEND INBOX ${literal('Subject: a\0b\r\n\r\n')}`,
      'a NO [UNKNOWN-CTE] NUL belongs into parts whose encoding can be changed',
    ],
    [`APPEND INBOX (\\Recent) ${literal(simple)}`, 'a BAD Not a flag that can be set'],
    ['APPEND INBOX {999999999}', 'a NO [TOOBIG] Messages may have 26214400 octets'],
    ['APPEND {999999}', 'a BAD [TOOBIG] Literal too large'],
  ])('refuses %j', async (command, answer) => {
    expect(await client.command(command)).toEqual([answer])
    expect(store.view(inbox).length).toBe(3)
  })

  it('stores octet for octet with flags and date, and says APPENDUID', async () => {
    const message = `${simple}caf\xe9\r\n`
    const lines = await client.send(`a APPEND INBOX (\\Draft X) " 7-Feb-1994 21:52:25 -0800" ${literal(message)}\r\n`)
    const uid = store.view(inbox).uidAt(3)
    expect(lines).toBe(
      `* 4 EXISTS\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft x)\r\n` +
        '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft x \\*)] Flags that are kept\r\n' +
        `a OK [APPENDUID ${store.mailbox(inbox)!.uidValidity} ${uid}] APPEND completed\r\n`,
    )
    expect(await client.send('a FETCH 4 (FLAGS INTERNALDATE BODY.PEEK[])\r\n')).toBe(
      `* 4 FETCH (FLAGS (\\Draft x) INTERNALDATE " 8-Feb-1994 05:52:25 +0000" BODY[] {${message.length}}\r\n${message})\r\n` +
        'a OK FETCH completed\r\n',
    )
  })

  it('waits for a synchronising literal', async () => {
    expect(await client.send(`a APPEND INBOX {${simple.length}}\r\n`)).toBe('+ Ready\r\n')
    expect(await client.send(`${simple}\r\n`)).toContain('APPEND completed')
  })

  it('stores several messages or none (RFC 3502)', async () => {
    expect((await client.command(`APPEND INBOX ${literal(simple)} (\\Seen) ${literal(simple)}`)).at(-1)).toMatch(
      /^a OK \[APPENDUID \d+ \d+:\d+\] APPEND completed$/,
    )
    await client.command(`APPEND INBOX ${literal(simple)} ${literal('')}`)
    expect(store.view(inbox).length).toBe(5)
  })

  it('passes over a message that is too large and was sent unasked, and goes on (RFC 7888 §4)', async () => {
    client = new Client(store, { limits: { appendLimit: 100, appendTotal: 1000 } })
    const large = 'x'.repeat(500)
    expect(await client.send(`a APPEND INBOX ${literal(large)}\r\nb NOOP\r\n`)).toBe(
      'a NO [TOOBIG] Messages may have 100 octets\r\nb OK Done\r\n',
    )
    expect(await client.send(`c APPEND INBOX {90000+}\r\n`)).toMatch(/^\* BYE \[TOOBIG\]/)
    expect(client.controls).toEqual([{ close: true }])
  })

  it('refuses what the quota does not let in, before it is sent (RFC 9208)', async () => {
    store.updateAccount({ quota: store.quota().used + 10 })
    expect(await client.command('APPEND INBOX {100}')).toEqual(['a NO [OVERQUOTA] The quota is exceeded'])
  })
})
