/**
 * NOTIFY (RFC 5465).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, settled, simple } from './harness.ts'

let store: MailStore
let client: Client
let other: Client

beforeEach(() => {
  store = newStore()
  client = new Client(store)
  other = new Client(store)
})

const events = 'BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange'

async function watch(groups: string): Promise<string[]> {
  return await client.command(`NOTIFY SET ${groups}`)
}

/** What the client is told without having said anything. */
async function told(): Promise<string[]> {
  await settled()
  return client.take().split('\r\n').slice(0, -1)
}

const inbox = () => store.mailboxByRole('inbox')!.id

describe('the command', () => {
  it.each([
    ['NOTIFY', 'neither SET nor NONE'],
    ['NOTIFY GET', 'neither SET nor NONE'],
    ['NOTIFY SET', 'no group'],
    ['NOTIFY SET STATUS', 'no group'],
    ['NOTIFY NONE x', 'more than NONE'],
    ['NOTIFY SET (selected)', 'no events'],
    ['NOTIFY SET (selected ())', 'an empty list of events'],
    ['NOTIFY SET (selected MessageNew)', 'events without parentheses'],
    ['NOTIFY SET (everything NONE)', 'an unknown specifier'],
    ['NOTIFY SET (subtree NONE)', 'a subtree of nothing'],
    ['NOTIFY SET (mailboxes () NONE)', 'no mailboxes'],
    ['NOTIFY SET (selected NONE) (selected-delayed NONE)', 'the selected mailbox twice (§6.1)'],
    ['NOTIFY SET (selected (MailboxName))', 'an event that is not of messages for the selected one (§6.1)'],
    ['NOTIFY SET (inboxes (MessageNew))', 'MessageNew alone (§5)'],
    ['NOTIFY SET (inboxes (MessageExpunge))', 'MessageExpunge alone (§5)'],
    ['NOTIFY SET (inboxes (FlagChange))', 'FlagChange alone (§5)'],
    ['NOTIFY SET (selected (FlagChange MessageNew))', 'FlagChange without MessageExpunge (§5)'],
    ['NOTIFY SET (inboxes (MessageNew (UID) MessageExpunge))', 'attributes for a mailbox that is not selected (§8)'],
    ['NOTIFY SET (selected (MessageNew () MessageExpunge))', 'no attribute'],
    ['NOTIFY SET (selected (MessageNew (NONSENSE) MessageExpunge))', 'an unknown attribute'],
  ])('%s is BAD: %s', async (command) => {
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
  })

  it.each(['AnnotationChange', 'MessageRead'])('refuses %s and names what there is (§3.1)', async (event) => {
    const [line] = await watch(`(personal (MessageNew MessageExpunge ${event}))`)
    expect(line).toContain(`a NO [${events} ServerMetadataChange)]`)
  })

  it('refuses more than it can keep, and goes on as before (§3.1)', async () => {
    await client.select()
    await watch('(selected (MessageNew MessageExpunge))')
    const names = Array.from({ length: 300 }, (_, index) => `mailbox${index}`).join(' ')
    expect((await watch(`(mailboxes (${names}) (MailboxName))`)).at(-1)).toMatch(/^a NO \[NOTIFICATIONOVERFLOW\]/)
    deliver(store, simple)
    expect(await told()).toEqual(['* 1 EXISTS'])
  })

  it('tells figures of mailboxes that are not selected, if asked (§3.1)', async () => {
    deliver(store, simple)
    await client.select('Archive')
    const [line, ...rest] = await watch(
      'STATUS (inboxes (MessageNew MessageExpunge)) (mailboxes Archive (MailboxName))',
    )
    expect(line).toBe(
      `* STATUS "INBOX" (MESSAGES 1 UIDNEXT ${store.counts(inbox()).uidNext} UIDVALIDITY ${store.counts(inbox()).uidValidity})`,
    )
    expect(rest).toEqual(['a OK NOTIFY completed'])
    const [flags] = await watch('STATUS (inboxes (MessageNew MessageExpunge FlagChange))')
    expect(flags).toMatch(/UIDVALIDITY \d+ UNSEEN 1 HIGHESTMODSEQ \d+\)$/)
    expect(await watch('(inboxes (MessageNew MessageExpunge))')).toEqual(['a OK NOTIFY completed'])
  })

  it('passes over names of mailboxes that are not there (§3.1)', async () => {
    expect(await watch('STATUS (mailboxes (nowhere "*") (MessageNew MessageExpunge))')).toEqual([
      'a OK NOTIFY completed',
    ])
  })

  it('tells at once what has happened in the selected mailbox, as NOOP does (§3.1)', async () => {
    await client.select()
    await client.command('NOTIFY NONE')
    deliver(store, simple)
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
    expect(await watch('(selected (MessageNew MessageExpunge))')).toEqual(['* 1 EXISTS', 'a OK NOTIFY completed'])
  })
})

describe('the selected mailbox', () => {
  beforeEach(async () => {
    deliver(store, [simple, simple])
    await client.select()
  })

  it('is as ever without NOTIFY: news come with the next command', async () => {
    deliver(store, simple)
    expect(await told()).toEqual([])
    expect((await client.command('NOOP'))[0]).toBe('* 3 EXISTS')
  })

  it('tells new, changed and expunged messages when they come, change and go', async () => {
    await watch('(selected (MessageNew MessageExpunge FlagChange))')
    const [uid] = deliver(store, simple)
    expect(await told()).toEqual(['* 3 EXISTS'])
    store.setFlags(inbox(), [uid!], { add: ['$flagged'] })
    expect(await told()).toEqual([`* 3 FETCH (UID ${uid} FLAGS (\\Flagged))`])
    store.expunge(inbox(), [uid!])
    expect(await told()).toEqual(['* 3 EXPUNGE'])
  })

  it('leaves flags out that are not wanted (§5.1)', async () => {
    await watch('(selected (MessageNew MessageExpunge))')
    store.setFlags(inbox(), [...store.view(inbox()).uidList()], { add: ['$seen'] })
    expect(await told()).toEqual([])
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
  })

  it('holds EXPUNGE back until a command allows it with selected-delayed (§6.1.2)', async () => {
    await watch('(selected-delayed (MessageNew MessageExpunge))')
    const [first] = store.view(inbox()).uidList()
    store.expunge(inbox(), [first!])
    deliver(store, simple)
    expect(await told()).toEqual(['* 3 EXISTS'])
    expect((await client.command('FETCH 2 UID')).filter((line) => line.includes('EXPUNGE'))).toEqual([])
    expect((await client.command('NOOP'))[0]).toBe('* 1 EXPUNGE')
  })

  it('never tells EXPUNGE within a FETCH, but right behind it with selected (RFC 9051 §7.5.1)', async () => {
    client = new Client(store, { reading: false, limits: { outputWindow: 1 } })
    await client.send('a SELECT INBOX\r\nb NOTIFY SET (selected (MessageNew MessageExpunge))\r\n')
    const [first] = store.view(inbox()).uidList()
    const answer = client.session.receive(new TextEncoder().encode('c FETCH 1:2 UID\r\n'))
    store.expunge(inbox(), [first!])
    client.session.acknowledge(1_000_000)
    await answer
    const lines = client.take().split('\r\n')
    expect(lines.findIndex((line) => line.includes('EXPUNGE'))).toBeGreaterThan(
      lines.findIndex((line) => line.startsWith('c ')),
    )
    expect(lines).toContain('* 1 EXPUNGE')
  })

  it('sends of new messages what is asked for, once, and nothing becomes read by it (§5.2)', async () => {
    await watch('(selected (MessageNew (UID FLAGS BODY[HEADER.FIELDS (SUBJECT)]) MessageExpunge))')
    const [uid] = deliver(store, simple)
    expect(await told()).toEqual([
      '* 3 EXISTS',
      `* 3 FETCH (UID ${uid} FLAGS () BODY[HEADER.FIELDS (SUBJECT)] {18}`,
      'Subject: Hello',
      '',
      ')',
    ])
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
    expect(store.counts(inbox()).unseen).toBe(3)
  })

  it('does not send what the client itself has put there (§5.2)', async () => {
    await watch('(selected (MessageNew (UID FLAGS) MessageExpunge))')
    const lines = await client.command(`APPEND INBOX {${simple.length}+}\r\n${simple}`)
    expect(lines[0]).toBe('* 3 EXISTS')
    expect(lines.filter((line) => line.includes('FETCH'))).toEqual([])
    expect((await client.command('COPY 1 INBOX')).filter((line) => line.includes('FETCH'))).toEqual([])
    expect(await told()).toEqual([])
  })

  it('says nothing of its messages unless asked to, in IDLE neither (§3.1, §4)', async () => {
    await watch('(inboxes (MessageNew MessageExpunge FlagChange))')
    deliver(store, simple)
    expect(await told()).toEqual([])
    expect(await client.send('b IDLE\r\n')).toBe('+ idling\r\n')
    deliver(store, simple)
    expect(await told()).toEqual([])
    expect(await client.send('DONE\r\n')).toBe('b OK Idle ended\r\n')
    await watch('(selected (MessageNew MessageExpunge))')
    expect((await client.command('FETCH 4 UID')).at(-1)).toContain('OK')
  })

  it('answers the own EXPUNGE even after NOTIFY NONE', async () => {
    await client.command('NOTIFY NONE')
    await client.command('STORE 1 +FLAGS.SILENT (\\Deleted)')
    expect((await client.command('EXPUNGE'))[0]).toBe('* 1 EXPUNGE')
  })

  it('does not lose what others add while it tells nothing', async () => {
    await client.command('NOTIFY NONE')
    deliver(store, simple)
    await client.command('STORE 1 +FLAGS (\\Flagged)')
    expect(await watch('(selected (MessageNew MessageExpunge))')).toContain('* 3 EXISTS')
  })

  it('is told the same in IDLE (§4)', async () => {
    await watch('(selected (MessageNew (UID) MessageExpunge))')
    await client.send('b IDLE\r\n')
    const [uid] = deliver(store, simple)
    expect(await told()).toEqual(['* 3 EXISTS', `* 3 FETCH (UID ${uid})`])
    store.expunge(inbox(), [uid!])
    expect(await told()).toEqual(['* 3 EXPUNGE'])
  })

  it('tells by UID where sequence numbers are off (RFC 9586)', async () => {
    await client.command('ENABLE UIDONLY QRESYNC')
    await watch('(selected (MessageNew (FLAGS) MessageExpunge))')
    const [uid] = deliver(store, simple)
    expect(await told()).toEqual(['* 3 EXISTS', `* ${uid} UIDFETCH (FLAGS () MODSEQ (${uid}))`])
    store.expunge(inbox(), [uid!])
    expect((await told())[0]).toBe(`* VANISHED ${uid}`)
  })

  it('goes on behind hibernation', async () => {
    await watch('(selected (MessageNew (UID) MessageExpunge)) (personal (MailboxName))')
    client.hibernate()
    const [uid] = deliver(store, simple)
    expect(await told()).toEqual(['* 3 EXISTS', `* 3 FETCH (UID ${uid})`])
    client.hibernate()
    await other.command('CREATE New')
    expect(await told()).toEqual(['* LIST (\\HasNoChildren) "/" "New"'])
  })

  it('says goodbye when it is deleted', async () => {
    await other.command('CREATE Doomed')
    await client.select('Doomed')
    await watch('(selected (MessageNew MessageExpunge))')
    await other.command('DELETE Doomed')
    expect((await told())[0]).toMatch(/^\* BYE/)
  })
})

describe('other mailboxes', () => {
  it('tells figures when messages come and go (§5.2, §5.3)', async () => {
    await watch('(personal (MessageNew MessageExpunge))')
    const [uid] = deliver(store, simple)
    const { uidNext } = store.counts(inbox())
    expect(await told()).toEqual([`* STATUS "INBOX" (UIDNEXT ${uidNext} MESSAGES 1)`])
    store.setFlags(inbox(), [uid!], { add: ['$seen'] })
    expect(await told()).toEqual([])
    store.expunge(inbox(), [uid!])
    expect(await told()).toEqual([`* STATUS "INBOX" (UIDNEXT ${uidNext} MESSAGES 0)`])
  })

  it('tells HIGHESTMODSEQ to those who have enabled CONDSTORE (§5.1, §5.2)', async () => {
    await client.command('ENABLE CONDSTORE')
    await watch('(inboxes (MessageNew MessageExpunge FlagChange))')
    const [uid] = deliver(store, simple)
    expect((await told())[0]).toMatch(
      /^\* STATUS "INBOX" \(UIDNEXT \d+ MESSAGES 1 UNSEEN 1 UIDVALIDITY \d+ HIGHESTMODSEQ \d+\)$/,
    )
    store.setFlags(inbox(), [uid!], { add: ['$seen'] })
    expect((await told())[0]).toMatch(/^\* STATUS "INBOX" \(UNSEEN 0 UIDVALIDITY \d+ HIGHESTMODSEQ \d+\)$/)
  })

  it('counts the selected one as selected only, wherever else it is named (§3.1)', async () => {
    await client.select()
    await watch('(selected NONE) (mailboxes INBOX (MessageNew MessageExpunge)) (inboxes (MessageNew MessageExpunge))')
    deliver(store, simple)
    expect(await told()).toEqual([])
    await client.command('UNSELECT')
    deliver(store, simple)
    expect((await told())[0]).toContain('* STATUS "INBOX"')
  })

  it('adds up the groups that name a mailbox (§6)', async () => {
    await watch('(mailboxes INBOX (MessageNew MessageExpunge)) (personal (SubscriptionChange))')
    deliver(store, simple)
    expect((await told())[0]).toContain('* STATUS "INBOX"')
    await other.command('UNSUBSCRIBE INBOX')
    await other.command('SUBSCRIBE INBOX')
    expect((await told()).at(-1)).toContain('\\Subscribed')
    deliver(store, simple, 'archive')
    expect(await told()).toEqual([])
  })

  it('looks below with subtree, and only at what is subscribed with subscribed (§6.4, §6.5)', async () => {
    for (const name of ['Lists', 'Lists/one', 'Listsx']) await other.command(`CREATE ${name}`)
    await other.command('SUBSCRIBE Listsx')
    await watch('(subtree Lists (MessageNew MessageExpunge)) (subscribed (MessageNew MessageExpunge))')
    const append = async (name: string) => {
      await other.command(`APPEND ${name} {${simple.length}+}\r\n${simple}`)
      return (await told()).length
    }
    expect(await append('Lists/one')).toBe(1)
    expect(await append('Lists')).toBe(1)
    expect(await append('Listsx')).toBe(1)
    await other.command('UNSUBSCRIBE Listsx')
    expect(await append('Listsx')).toBe(0)
  })

  it('does not say what the client does itself (§5)', async () => {
    await watch('(personal (MessageNew MessageExpunge MailboxName SubscriptionChange MailboxMetadataChange))')
    await client.command('CREATE Mine')
    await client.command('SUBSCRIBE Mine')
    await client.command('SETMETADATA Mine (/private/comment "x")')
    await client.command(`APPEND Mine {${simple.length}+}\r\n${simple}`)
    await client.command('RENAME Mine Yours')
    await client.command('DELETE Yours')
    expect(await told()).toEqual([])
  })

  it('says nothing within a command that is in progress, but behind it', async () => {
    await watch('(personal (MailboxName))')
    const half = client.send(`b APPEND INBOX {${simple.length}+}\r\n${simple.slice(0, 10)}`)
    await half
    await other.command('CREATE New')
    expect(await told()).toEqual(['* LIST (\\HasNoChildren) "/" "New"'])
    expect(await client.send(`${simple.slice(10)}\r\n`)).toMatch(/^b OK/)
  })
})

describe('names', () => {
  beforeEach(async () => void (await watch('(personal (MailboxName SubscriptionChange))')))

  it('come with CREATE, and with what lies above (§5.4)', async () => {
    await other.command('CREATE Top')
    await other.command('CREATE Top/below')
    expect(await told()).toEqual([
      '* LIST (\\HasNoChildren) "/" "Top"',
      '* LIST (\\HasNoChildren) "/" "Top/below"',
      '* LIST (\\HasChildren) "/" "Top"',
    ])
  })

  it('go with DELETE (§5.4)', async () => {
    await other.command('CREATE Top/below')
    await told()
    await other.command('DELETE Top/below')
    expect(await told()).toEqual(['* LIST (\\NonExistent) "/" "Top/below"', '* LIST (\\HasNoChildren) "/" "Top"'])
  })

  it('are told with the old one when they change, and nothing of those below (§5.4)', async () => {
    await other.command('CREATE Old/below')
    await told()
    await other.command('RENAME Old New')
    expect(await told()).toEqual(['* LIST (\\HasChildren) "/" "New" ("OLDNAME" ("Old"))'])
  })

  it('are new when INBOX is renamed, of which nothing is said (§5.4)', async () => {
    await other.command('RENAME INBOX Old')
    expect((await told()).map((line) => line.split('"').at(-2))).toEqual(['Old'])
  })

  it('are told with \\Subscribed, if and only if they are (§5.5)', async () => {
    await other.command('CREATE New')
    await told()
    await other.command('SUBSCRIBE New')
    expect(await told()).toEqual(['* LIST (\\HasNoChildren \\Subscribed) "/" "New"'])
    await other.command('UNSUBSCRIBE New')
    expect(await told()).toEqual(['* LIST (\\HasNoChildren) "/" "New"'])
  })

  it('are only those that are watched', async () => {
    await watch('(mailboxes Mine (MailboxName))')
    await other.command('CREATE Yours')
    await other.command('CREATE Mine')
    await other.command('RENAME Mine Gone')
    expect((await told()).map((line) => line.split(' ').slice(4).join(' '))).toEqual([
      '"Mine"',
      '"Gone" ("OLDNAME" ("Mine"))',
    ])
  })

  it('are written as the client reads them (RFC 9051 §5.1)', async () => {
    await other.command('ENABLE IMAP4rev2')
    store.createMailbox({ name: 'Entwürfe', parentId: null })
    expect((await told())[0]).toContain('"Entw&APw-rfe"')
  })
})

describe('annotations', () => {
  it('are told by name, those that are gone too (§5.6)', async () => {
    await watch('(inboxes (MailboxMetadataChange))')
    await other.command('SETMETADATA INBOX (/private/comment "x" /shared/comment "y")')
    expect(await told()).toEqual(['* METADATA "INBOX" /private/comment /shared/comment'])
    await other.command('SETMETADATA INBOX (/private/comment NIL)')
    expect(await told()).toEqual(['* METADATA "INBOX" /private/comment'])
    await other.command('SETMETADATA Sent (/private/comment "x")')
    expect(await told()).toEqual([])
  })

  it('are told as strings where they are no atoms (RFC 5464 §5)', async () => {
    await watch('(inboxes (MailboxMetadataChange))')
    await other.command('SETMETADATA INBOX ("/private/a(b" "x")')
    expect(await told()).toEqual(['* METADATA "INBOX" "/private/a(b"'])
  })

  it('of the server are another event (§5.7)', async () => {
    await watch('(inboxes (ServerMetadataChange))')
    await other.command('SETMETADATA "" (/private/vendor/x "x")')
    expect(await told()).toEqual(['* METADATA "" /private/vendor/x'])
    await other.command('SETMETADATA INBOX (/private/comment "x")')
    expect(await told()).toEqual([])
  })

  it('know the special use of a mailbox (RFC 6154 §4)', async () => {
    await watch('(personal (MailboxMetadataChange))')
    await other.command('SETMETADATA Sent (/private/specialuse NIL)')
    expect(await told()).toEqual(['* METADATA "Sent" /private/specialuse'])
  })
})

describe('too much', () => {
  it('is what a busy client would have to be told of more than a thousand annotations (§5.8)', async () => {
    await watch('(personal (MailboxMetadataChange))')
    client = new Client(store, { reading: false, limits: { outputWindow: 1 } })
    deliver(store, [simple, simple])
    await client.send('a SELECT INBOX\r\nb NOTIFY SET (personal (MailboxMetadataChange))\r\n')
    const fetching = client.session.receive(new TextEncoder().encode('c FETCH 1:* BODY[]\r\n'))
    for (let number = 0; number < 1100; number++) {
      store.annotations.set(inbox(), new Map([[`/private/x${number}`, new Uint8Array(1)]]))
      store.annotations.set(inbox(), new Map([[`/private/x${number}`, null]]))
    }
    client.session.acknowledge(1_000_000)
    await fetching
    expect((await told()).at(-1)).toMatch(/^\* OK \[NOTIFICATIONOVERFLOW\]/)
  })

  it('ends the notifications of a client that does not read, and says so (§5.8)', async () => {
    client = new Client(store, { reading: false, limits: { outputWindow: 200 } })
    await client.send('a NOTIFY SET (personal (MailboxName))\r\n')
    for (let number = 0; number < 20; number++) await other.command(`CREATE mailbox${number}`)
    const lines = await told()
    expect(lines.at(-1)).toMatch(/^\* OK \[NOTIFICATIONOVERFLOW\]/)
    expect(lines.filter((line) => line.includes('OVERFLOW'))).toHaveLength(1)
    client.session.acknowledge(1_000_000)
    await other.command('CREATE another')
    expect(await told()).toEqual([])
  })
})

it('is in the capability list', async () => {
  expect((await client.command('CAPABILITY'))[0]).toContain(' NOTIFY ')
})
