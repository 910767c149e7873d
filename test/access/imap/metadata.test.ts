/**
 * METADATA (RFC 5464), LIST-METADATA (RFC 9590), SAVEDATE (RFC 8514).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { memorySql } from '../../../src/host/memory/sql.ts'
import { MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, now, simple } from './harness.ts'

let store: MailStore
let client: Client

beforeEach(() => {
  store = newStore()
  client = new Client(store)
})

describe('METADATA', () => {
  it('keeps what is set, by names without case, and forgets what is set to NIL (§4.3)', async () => {
    expect(
      await client.command('SETMETADATA INBOX (/private/comment "My comment" /shared/Comment {2+}\r\nhi)'),
    ).toEqual(['a OK SETMETADATA completed'])
    expect(await client.command('GETMETADATA INBOX (/PRIVATE/comment /shared/comment)')).toEqual([
      '* METADATA "INBOX" (/private/comment "My comment" /shared/comment "hi")',
      'a OK GETMETADATA completed',
    ])
    await client.command('SETMETADATA INBOX (/private/comment NIL)')
    expect((await client.command('GETMETADATA INBOX /private/comment'))[0]).toBe(
      '* METADATA "INBOX" (/private/comment NIL)',
    )
  })

  it('takes any octets by literal8, and gives them back so (§5)', async () => {
    await client.send('a SETMETADATA INBOX (/private/vendor/x/binary ~{3+}\r\na\0b)\r\n')
    expect(await client.send('b GETMETADATA INBOX /private/vendor/x/binary\r\n')).toContain(
      '(/private/vendor/x/binary ~{3}\r\na\0b)',
    )
  })

  it('looks one level down, or all the way (§4.2.2)', async () => {
    const values = '/private/filters/values/a "1" /private/filters/values/a/deep "2" /private/filters "0"'
    await client.command(`SETMETADATA Drafts (${values})`)
    const entries = async (depth: string) =>
      (await client.command(`GETMETADATA (DEPTH ${depth}) Drafts /private/filters`))[0]!.match(/\/[a-z/]+/g)
    expect(await entries('0')).toEqual(['/private/filters'])
    expect(await entries('1')).toEqual(['/private/filters'])
    expect(await entries('infinity')).toEqual([
      '/private/filters',
      '/private/filters/values/a',
      '/private/filters/values/a/deep',
    ])
  })

  it('leaves out values above MAXSIZE and tells the largest (§4.2.1)', async () => {
    await client.command('SETMETADATA INBOX (/private/comment "short" /shared/comment "rather long")')
    expect(await client.command('GETMETADATA (MAXSIZE 6) INBOX (/private/comment /shared/comment)')).toEqual([
      '* METADATA "INBOX" (/private/comment "short")',
      'a OK [METADATA LONGENTRIES 11] GETMETADATA completed',
    ])
  })

  it("has private entries of the server, whose shared ones are the administrator's", async () => {
    await client.command('SETMETADATA "" (/private/vendor/x "mine")')
    expect((await client.command('GETMETADATA "" /private/vendor/x'))[0]).toBe(
      '* METADATA "" (/private/vendor/x "mine")',
    )
    expect((await client.command('SETMETADATA "" (/shared/comment "x")')).at(-1)).toMatch(/^a NO \[NOPERM\]/)
  })

  it('shows and changes the special use of a mailbox (RFC 6154 §4)', async () => {
    expect((await client.command('GETMETADATA Sent /private/specialuse'))[0]).toBe(
      '* METADATA "Sent" (/private/specialuse "\\\\Sent")',
    )
    await client.command('CREATE Mine')
    await client.command('SETMETADATA Sent (/private/specialuse NIL)')
    expect((await client.command('SETMETADATA Mine (/private/specialuse "\\\\Sent")')).at(-1)).toContain('OK')
    expect((await client.command('LIST "" Mine'))[0]).toContain('\\Sent')
    expect((await client.command('SETMETADATA Mine (/private/specialuse "\\\\Nonsense")')).at(-1)).toMatch(
      /^a NO \[USEATTR\]/,
    )
  })

  it('goes with its mailbox: along when that is renamed, away when it is deleted', async () => {
    await client.command('CREATE Old')
    await client.command('SETMETADATA Old (/private/comment "x")')
    await client.command('RENAME Old New')
    expect((await client.command('GETMETADATA New /private/comment'))[0]).toContain('"x"')
    await client.command('DELETE New')
    await client.command('CREATE New')
    expect((await client.command('GETMETADATA New /private/comment'))[0]).toContain('NIL')
  })

  it('tells the bound for a value that is not even read (RFC 5464 §4.3)', async () => {
    const answer = await client.send(`a SETMETADATA INBOX (/private/comment {70000+}\r\n${'x'.repeat(70_000)})\r\n`)
    expect(answer).toBe('a NO [METADATA MAXSIZE 65536] An annotation is too large\r\n')
  })

  it('bounds values and their number, and changes nothing when they are exceeded', async () => {
    store = newStore({ maxAnnotations: 2, maxAnnotationSize: 5 })
    client = new Client(store)
    expect((await client.command('SETMETADATA INBOX (/private/a "1" /private/b "123456")')).at(-1)).toMatch(
      /^a NO \[METADATA MAXSIZE 5\]/,
    )
    const three = '/private/a "1" /private/b "2" /private/c "3"'
    expect((await client.command(`SETMETADATA INBOX (${three})`)).at(-1)).toMatch(/^a NO \[METADATA TOOMANY\]/)
    expect((await client.command('GETMETADATA (DEPTH infinity) INBOX /private')).at(0)).toBe(
      'a OK GETMETADATA completed',
    )
    expect((await client.command('SETMETADATA INBOX (/private/a "1" /private/b "2")')).at(-1)).toContain('OK')
    expect((await client.command('SETMETADATA INBOX (/private/a NIL /private/c "3")')).at(-1)).toContain('OK')
  })

  it.each([
    'SETMETADATA INBOX (/private/a)',
    'SETMETADATA INBOX ()',
    'SETMETADATA INBOX (comment "x")',
    'SETMETADATA INBOX (/vendor/x "x")',
    'SETMETADATA INBOX (/private/ "x")',
    'SETMETADATA INBOX (/private//x "x")',
    'SETMETADATA INBOX (/private/a% "x")',
    'SETMETADATA INBOX (/private/a "1" /private/A "2")',
    'GETMETADATA INBOX',
    'GETMETADATA (DEPTH 2) INBOX /private/a',
    'GETMETADATA (SIZE 2) INBOX /private/a',
  ])('BAD for %s', async (command) => {
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
  })

  it('knows no annotations of mailboxes that are not there', async () => {
    expect((await client.command('GETMETADATA Nowhere /private/comment')).at(-1)).toMatch(/^a NO \[NONEXISTENT\]/)
    expect((await client.command('SETMETADATA Nowhere (/private/comment "x")')).at(-1)).toMatch(/^a NO \[NONEXISTENT\]/)
  })

  it('comes with LIST for the entries named (RFC 9590 §3)', async () => {
    await client.command('SETMETADATA Drafts (/private/comment "d")')
    const lines = await client.command('LIST "" (Drafts Sent) RETURN (METADATA (/private/comment))')
    expect(lines.filter((line) => line.includes('METADATA'))).toEqual([
      '* METADATA "Drafts" (/private/comment "d")',
      '* METADATA "Sent" (/private/comment NIL)',
    ])
    expect((await client.command('LIST "" * RETURN (METADATA)')).at(-1)).toMatch(/^a BAD/)
    expect((await client.command('LIST "" * RETURN (METADATA ())')).at(-1)).toMatch(/^a BAD/)
  })
})

describe('SAVEDATE', () => {
  const day = 86_400_000
  let time = now

  beforeEach(async () => {
    time = now
    store = new MailStore({ sql: memorySql(), now: () => time })
    store.create({ address: 'alice@facteur.test', name: 'Alice' })
    client = await new Client(store).select()
  })

  it('is when a message came into the mailbox, whatever its internal date says (RFC 8514 §3)', async () => {
    await client.command(`APPEND INBOX "01-Jan-2020 00:00:00 +0000" {${simple.length}+}\r\n${simple}`)
    expect((await client.command('FETCH 1 (INTERNALDATE SAVEDATE)'))[0]).toBe(
      '* 1 FETCH (INTERNALDATE " 1-Jan-2020 00:00:00 +0000" SAVEDATE "23-Nov-2026 12:00:00 +0000")',
    )
  })

  it('starts anew in the mailbox that a message is copied or moved to', async () => {
    deliver(store, [simple, simple])
    await client.command('NOOP')
    time = now + day
    await client.command('COPY 1 Archive')
    await client.command('MOVE 2 Archive')
    await client.select('Archive')
    const lines = await client.command('FETCH 1:2 SAVEDATE')
    expect(lines.slice(0, 2).join()).toBe(
      '* 1 FETCH (SAVEDATE "24-Nov-2026 12:00:00 +0000"),* 2 FETCH (SAVEDATE "24-Nov-2026 12:00:00 +0000")',
    )
    await client.select('INBOX')
    expect((await client.command('FETCH 1 SAVEDATE'))[0]).toBe('* 1 FETCH (SAVEDATE "23-Nov-2026 12:00:00 +0000")')
  })

  it('can be searched by day (§4.3)', async () => {
    deliver(store, simple)
    time = now + day
    await client.command(`APPEND INBOX "01-Jan-2020 00:00:00 +0000" {${simple.length}+}\r\n${simple}`)
    expect((await client.command('SEARCH SAVEDBEFORE 24-Nov-2026'))[0]).toBe('* SEARCH 1')
    expect((await client.command('SEARCH SAVEDON 24-Nov-2026'))[0]).toBe('* SEARCH 2')
    expect((await client.command('SEARCH SAVEDSINCE 23-Nov-2026'))[0]).toBe('* SEARCH 1 2')
    expect((await client.command('SEARCH SAVEDATESUPPORTED'))[0]).toBe('* SEARCH 1 2')
  })

  it('takes no room where it is the internal date', () => {
    const uids = deliver(store, simple)
    expect(uids).toHaveLength(1)
    expect([...store.envelopes(store.mailboxByRole('inbox')!.id, uids, ['savedAt'])][0]!.savedAt).toBe(now)
  })
})
