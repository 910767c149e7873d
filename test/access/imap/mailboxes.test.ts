import { beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeUtf8, latin1 } from '../../../src/format/index.ts'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { matches } from '../../../src/access/imap/mailbox-names.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

let store: MailStore
let client: Client

beforeEach(() => {
  store = newStore()
  client = new Client(store)
})

describe('wildcards (RFC 9051 §6.3.9)', () => {
  it.each([
    ['INBOX', '*', true],
    ['a/b/c', '*', true],
    ['a/b/c', '%', false],
    ['a', '%', true],
    ['a/b', 'a/%', true],
    ['a/b/c', 'a/%', false],
    ['a/b/c', 'a/*c', true],
    ['a/b/c', '%/%/%', true],
    ['abc', 'a%c', true],
    ['ac', 'a%c', true],
    ['a/c', 'a%c', false],
    ['', '', true],
    ['a', '', false],
    ['a', 'A', false],
  ])('%s under %s: %s', (name, pattern, expected) => {
    expect(matches(name, pattern)).toBe(expected)
  })

  it('does not blow up on many wildcards', () => {
    expect(matches('a'.repeat(500), '*a'.repeat(300) + 'b')).toBe(false)
  })
})

describe('LIST', () => {
  it('gives all mailboxes with their special uses (RFC 6154)', async () => {
    const lines = await client.command('LIST "" *')
    expect(lines).toContain('* LIST (\\HasNoChildren) "/" "INBOX"')
    expect(lines).toContain('* LIST (\\HasNoChildren \\Sent) "/" "Sent"')
    expect(lines.filter((line) => line.startsWith('* LIST'))).toHaveLength(6)
    expect(lines.at(-1)).toBe('a OK LIST completed')
  })

  it('gives the delimiter for an empty pattern', async () => {
    expect(await client.command('LIST "" ""')).toEqual(['* LIST (\\Noselect) "/" ""', 'a OK LIST completed'])
  })

  it('finds INBOX in any case, and nothing under a name that is not there', async () => {
    expect((await client.command('LIST "" inbox'))[0]).toBe('* LIST (\\HasNoChildren) "/" "INBOX"')
    expect(await client.command('LIST nowhere/ *')).toEqual(['a OK LIST completed'])
  })

  it('selects and returns subscriptions (RFC 5258)', async () => {
    await client.command('CREATE Work/Projects')
    await client.command('SUBSCRIBE Work/Projects')
    for (const name of ['INBOX', 'Drafts', 'Sent', 'Junk', 'Trash', 'Archive', 'Work'])
      await client.command(`UNSUBSCRIBE ${name}`)
    expect(await client.command('LIST (SUBSCRIBED) "" *')).toEqual([
      '* LIST (\\HasNoChildren \\Subscribed) "/" "Work/Projects"',
      'a OK LIST completed',
    ])
    expect(await client.command('LIST (SUBSCRIBED RECURSIVEMATCH) "" %')).toEqual([
      '* LIST (\\HasChildren) "/" "Work" ("CHILDINFO" ("SUBSCRIBED"))',
      'a OK LIST completed',
    ])
    expect(await client.command('LIST "" Work* RETURN (SUBSCRIBED CHILDREN)')).toEqual([
      '* LIST (\\HasChildren) "/" "Work"',
      '* LIST (\\HasNoChildren \\Subscribed) "/" "Work/Projects"',
      'a OK LIST completed',
    ])
    expect(await client.command('LSUB "" %')).toEqual(['* LSUB (\\Noselect) "/" "Work"', 'a OK LSUB completed'])
  })

  it('returns only special uses when asked (RFC 6154 §5.2)', async () => {
    const lines = await client.command('LIST (SPECIAL-USE) "" *')
    expect(lines).toHaveLength(6)
    expect(lines.join()).not.toContain('INBOX')
  })

  it('returns STATUS with each mailbox (RFC 5819)', async () => {
    deliver(store, simple)
    expect(await client.command('LIST "" (INBOX Sent) RETURN (STATUS (MESSAGES UNSEEN))')).toEqual([
      '* LIST (\\HasNoChildren) "/" "INBOX"',
      '* STATUS "INBOX" (MESSAGES 1 UNSEEN 1)',
      '* LIST (\\HasNoChildren \\Sent) "/" "Sent"',
      '* STATUS "Sent" (MESSAGES 0 UNSEEN 0)',
      'a OK LIST completed',
    ])
  })
})

describe('CREATE, DELETE, RENAME', () => {
  it.each([
    ['CREATE INBOX', 'a NO [ALREADYEXISTS] The mailbox exists'],
    ['CREATE inbox', 'a NO [ALREADYEXISTS] The mailbox exists'],
    ['CREATE ""', 'a NO [CANNOT] A level of the name is empty'],
    ['CREATE a//b', 'a NO [CANNOT] A level of the name is empty'],
    ['CREATE /a', 'a NO [CANNOT] A level of the name is empty'],
    ['CREATE "&Jjo"', 'a NO [CANNOT] The mailbox name is not modified UTF-7'],
    ['CREATE x (USE (\\All))', 'a NO [USEATTR] This special use is not supported'],
    ['CREATE x (USE (\\Sent))', 'a NO [USEATTR] Another mailbox has this special use'],
    ['DELETE nowhere', 'a NO [NONEXISTENT] No such mailbox'],
    ['DELETE INBOX', 'a NO [CANNOT] INBOX cannot be deleted'],
    ['RENAME nowhere x', 'a NO [NONEXISTENT] No such mailbox'],
    ['RENAME Sent Trash', 'a NO [ALREADYEXISTS] The new name is taken'],
    ['RENAME Sent Sent/x', 'a NO [CANNOT] A mailbox cannot be moved below itself'],
    ['SUBSCRIBE nowhere', 'a NO [NONEXISTENT] No such mailbox'],
  ])('refuses %s', async (command, answer) => {
    expect(await client.command(command)).toEqual([answer])
    expect(client.errors).toEqual([])
  })

  it('makes missing levels and keeps the names as written', async () => {
    expect((await client.command('CREATE "Entw&APw-rfe/2026/Mai/"'))[0]).toMatch(
      /^a OK \[MAILBOXID \(B\d+\)\] CREATE completed$/,
    )
    const lines = await client.command('LIST "" "Entw*"')
    expect(lines[0]).toBe('* LIST (\\HasChildren) "/" "Entw&APw-rfe"')
    expect(lines[2]).toBe('* LIST (\\HasNoChildren) "/" "Entw&APw-rfe/2026/Mai"')
    await client.command('ENABLE IMAP4rev2')
    expect((await client.command('LIST "" "Entw\xc3\xbcrfe"'))[0]).toBe('* LIST (\\HasChildren) "/" "Entw\xc3\xbcrfe"')
  })

  it('gives a new mailbox its special use (RFC 6154 §3)', async () => {
    await client.command('DELETE Sent')
    await client.command('CREATE Versandt (USE (\\Sent))')
    expect((await client.command('LIST "" Vers*'))[0]).toBe('* LIST (\\HasNoChildren \\Sent) "/" "Versandt"')
  })

  it('does not delete a mailbox with children (RFC 9051 §6.3.5)', async () => {
    await client.command('CREATE a/b')
    expect(await client.command('DELETE a')).toEqual(['a NO [HASCHILDREN] The mailbox has children'])
    expect(await client.command('DELETE a/b')).toEqual(['a OK DELETE completed'])
    expect(await client.command('DELETE a')).toEqual(['a OK DELETE completed'])
  })

  it('renames with everything below, UIDs unchanged', async () => {
    await client.command('CREATE a/b')
    expect(await client.command('RENAME a x/y')).toEqual(['a OK RENAME completed'])
    const lines = await client.command('LIST "" (a* x*)')
    expect(lines.map((line) => line.split(' ').at(-1))).toEqual(['"x"', '"x/y"', '"x/y/b"', 'completed'])
  })

  it('renames INBOX by moving its messages (RFC 9051 §6.3.6)', async () => {
    deliver(store, [simple, simple])
    expect(await client.command('RENAME INBOX old')).toEqual(['a OK RENAME completed'])
    expect(await client.command('LSUB "" old')).toEqual(['a OK LSUB completed'])
    expect((await client.command('STATUS old (MESSAGES)'))[0]).toBe('* STATUS "old" (MESSAGES 2)')
    expect((await client.command('STATUS INBOX (MESSAGES)'))[0]).toBe('* STATUS "INBOX" (MESSAGES 0)')
  })
})

describe('names that are not composed (RFC 9051 §5.1, §6.3.9.7)', () => {
  const [given, name] = ['e\u0301', '\u00e9'].map((text) => latin1(encodeUtf8(text)))

  it('are kept composed, and whoever spells them otherwise is told as of a renaming', async () => {
    await client.command('ENABLE IMAP4rev2')
    const told = `* LIST (\\HasNoChildren) "/" "${name}" ("OLDNAME" ("${given}"))`
    expect((await client.command(`CREATE "${given}"`))[0]).toBe(told)
    expect(await client.command(`SELECT "${given}"`)).toContain(told)
    expect((await client.command(`SELECT "${name}"`)).join()).not.toContain('OLDNAME')
    expect((await client.command(`RENAME "${name}" "x${given}"`))[0]).toBe(
      `* LIST (\\HasNoChildren) "/" "x${name}" ("OLDNAME" ("x${given}"))`,
    )
    expect((await client.command(`DELETE "x${given}"`))[0]).toBe(
      `* LIST (\\NonExistent) "/" "x${name}" ("OLDNAME" ("x${given}"))`,
    )
  })

  it('are no news to clients that have not enabled IMAP4rev2, nor when nothing was done', async () => {
    expect(await client.command(`CREATE "${given}"`)).toHaveLength(1)
    await client.command('ENABLE IMAP4rev2')
    expect(await client.command(`CREATE "${given}"`)).toEqual(['a NO [ALREADYEXISTS] The mailbox exists'])
  })
})

describe('STATUS', () => {
  it('gives every figure', async () => {
    const uids = deliver(store, [simple, simple])
    const inbox = store.mailboxByRole('inbox')!
    store.setFlags(inbox.id, [uids[0]!], { add: ['$seen', '\\deleted'] })
    const [line] = await client.command(
      'STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE MAILBOXID HIGHESTMODSEQ)',
    )
    expect(line).toBe(
      `* STATUS "INBOX" (MESSAGES 2 RECENT 0 UIDNEXT ${uids[1]! + 1} UIDVALIDITY ${inbox.uidValidity} UNSEEN 1 DELETED 1 ` +
        `SIZE ${2 * simple.length} MAILBOXID (B${inbox.id}) HIGHESTMODSEQ ${store.state})`,
    )
  })

  it('names what is not there', async () => {
    expect(await client.command('STATUS nowhere (MESSAGES)')).toEqual(['a NO [NONEXISTENT] No such mailbox'])
  })
})

describe('SELECT', () => {
  it('asks no message for anything when nothing has changed since the last time', async () => {
    deliver(store, [simple, simple, simple], 'inbox', ['$seen', 'todo'])
    const first = await client.command('SELECT INBOX')
    expect(first[0]).toBe('* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft todo)')
    const view = store.view(store.mailboxByRole('inbox')!.id)
    const asked = (['keywordsAt', 'isSeenAt', 'indexOf'] as const).map((name) => vi.spyOn(view, name))
    const list = view.uidList()
    expect((await client.command('SELECT INBOX')).slice(1)).toEqual(first)
    for (const spy of asked) expect(spy).not.toHaveBeenCalled()
    expect(view.uidList()).toBe(list)
  })

  it('tells what RFC 3501 §6.3.1 asks for', async () => {
    const uids = deliver(store, [simple, simple], 'inbox', ['$seen'])
    deliver(store, simple, 'inbox', ['todo'])
    const inbox = store.mailboxByRole('inbox')!
    expect(await client.command('SELECT inbox')).toEqual([
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft todo)',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft todo \\*)] Flags that are kept',
      '* 3 EXISTS',
      '* 0 RECENT',
      '* OK [UNSEEN 3] First unseen',
      `* OK [UIDVALIDITY ${inbox.uidValidity}] UIDs are valid`,
      `* OK [UIDNEXT ${uids[1]! + 2}] Predicted next UID`,
      `* OK [HIGHESTMODSEQ ${store.state}] Highest mod-sequence`,
      `* OK [MAILBOXID (B${inbox.id})] Mailbox id`,
      'a OK [READ-WRITE] SELECT completed',
    ])
  })

  it('tells what RFC 9051 §6.3.2 asks for, once enabled', async () => {
    expect(await client.command('ENABLE IMAP4rev2 X-FOO')).toEqual(['* ENABLED IMAP4rev2', 'a OK Enabled'])
    await client.select()
    const lines = await client.command('SELECT Sent')
    expect(lines[0]).toBe('* OK [CLOSED] Previous mailbox closed')
    expect(lines.at(-2)).toBe('* LIST (\\HasNoChildren \\Sent) "/" "Sent"')
    expect(lines.join()).not.toContain('RECENT')
  })

  it('leaves nothing selected when it fails, and says that the mailbox before is closed (RFC 7162 §3.2.11)', async () => {
    await client.select()
    expect(await client.command('SELECT nowhere')).toEqual([
      '* OK [CLOSED] Previous mailbox closed',
      'a NO [NONEXISTENT] No such mailbox',
    ])
    expect(await client.command('FETCH 1 FLAGS')).toEqual(['a BAD Select a mailbox first'])
  })

  it('opens for reading only with EXAMINE', async () => {
    deliver(store, simple)
    expect((await client.command('EXAMINE INBOX')).at(-1)).toBe('a OK [READ-ONLY] EXAMINE completed')
    expect(await client.command('STORE 1 +FLAGS (\\Seen)')).toEqual([
      'a NO [READ-ONLY] The mailbox is open for reading only',
    ])
    expect(await client.command('EXPUNGE')).toEqual(['a NO [READ-ONLY] The mailbox is open for reading only'])
    await client.command('FETCH 1 BODY[]')
    expect((await client.command('FETCH 1 FLAGS'))[0]).toBe('* 1 FETCH (FLAGS ())')
  })

  it('unselects without and closes with expunging (RFC 9051 §6.4.1–6.4.2)', async () => {
    deliver(store, [simple, simple])
    await client.select()
    await client.command('STORE 1 +FLAGS.SILENT (\\Deleted)')
    expect(await client.command('UNSELECT')).toEqual(['a OK Mailbox is no longer selected'])
    expect((await client.command('STATUS INBOX (MESSAGES)'))[0]).toContain('MESSAGES 2')
    await client.select()
    expect(await client.command('CLOSE')).toEqual(['a OK Mailbox closed'])
    expect((await client.command('STATUS INBOX (MESSAGES)'))[0]).toContain('MESSAGES 1')
    expect(await client.command('CLOSE')).toEqual(['a BAD Select a mailbox first'])
  })
})
