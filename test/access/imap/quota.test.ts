/**
 * QUOTA (RFC 9208) and PREVIEW (RFC 8970).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

let store: MailStore
let client: Client

beforeEach(() => {
  store = newStore()
  client = new Client(store)
})

describe('QUOTA', () => {
  it('counts in units of 1,024 octets: what is used is rounded up, the limit down (RFC 9208 §5.1)', async () => {
    store.updateAccount({ quota: 524_800 })
    deliver(store, simple)
    expect(await client.command('GETQUOTA ""')).toEqual(['* QUOTA "" (STORAGE 1 512)', 'a OK GETQUOTA completed'])
  })

  it('names the root that governs a mailbox (§4.1.2)', async () => {
    store.updateAccount({ quota: 1024 * 1024 })
    expect(await client.command('GETQUOTAROOT Drafts')).toEqual([
      '* QUOTAROOT "Drafts" ""',
      '* QUOTA "" (STORAGE 0 1024)',
      'a OK GETQUOTAROOT completed',
    ])
    expect((await client.command('GETQUOTAROOT Nowhere')).at(-1)).toMatch(/^a NO \[NONEXISTENT\]/)
  })

  it('has no root where there is no limit', async () => {
    expect(await client.command('GETQUOTAROOT INBOX')).toEqual(['* QUOTAROOT "INBOX"', 'a OK GETQUOTAROOT completed'])
    expect((await client.command('GETQUOTA ""')).at(-1)).toMatch(/^a NO \[NONEXISTENT\]/)
  })

  it('knows no other root', async () => {
    store.updateAccount({ quota: 1024 })
    expect((await client.command('GETQUOTA "!partition/sda4"')).at(-1)).toMatch(/^a NO \[NONEXISTENT\]/)
  })

  it('lets nobody but the administrator set it (§4.1.3)', async () => {
    store.updateAccount({ quota: 1024 })
    expect((await client.command('SETQUOTA "" (STORAGE 512)')).at(-1)).toMatch(/^a NO \[NOPERM\]/)
    expect(store.quota().limit).toBe(1024)
  })

  it.each(['GETQUOTA', 'GETQUOTAROOT', 'SETQUOTA ""', 'SETQUOTA "" (STORAGE)', 'SETQUOTA "" STORAGE 5'])(
    'BAD for %s',
    async (command) => {
      expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
    },
  )

  it('tells by STATUS how many octets EXPUNGE would free (§4.1.4)', async () => {
    const [first] = deliver(store, [simple, simple, simple])
    store.setFlags(store.mailboxByRole('inbox')!.id, [first!], { add: ['\\deleted'] })
    expect((await client.command('STATUS INBOX (DELETED DELETED-STORAGE)'))[0]).toBe(
      `* STATUS "INBOX" (DELETED 1 DELETED-STORAGE ${simple.length})`,
    )
  })
})

describe('PREVIEW', () => {
  const long = simple.replace(/Hello Joe[^]*/, 'é'.repeat(300))

  it('gives the beginning of the text, up to 200 characters (RFC 8970 §3.1)', async () => {
    const utf8 = String.fromCharCode(
      ...new TextEncoder().encode(long.replace('Subject', 'Content-Type: text/plain; charset=utf-8\r\nSubject')),
    )
    deliver(store, [simple, utf8])
    await client.select()
    const [first] = await client.command('FETCH 1 PREVIEW')
    expect(first).toBe('* 1 FETCH (PREVIEW "Hello Joe, do you think we can meet at 3:30 tomorrow?")')
    const preview = String.fromCharCode(...new TextEncoder().encode('é'.repeat(200)))
    expect(await client.send('b FETCH 2 (PREVIEW)\r\n')).toContain(`PREVIEW {400}\r\n${preview})`)
    await client.command('ENABLE UTF8=ACCEPT')
    expect(await client.send('c FETCH 2 PREVIEW (LAZY)\r\n')).toContain(`PREVIEW "${preview}")`)
  })

  it('stands beside other items, lazily or not (§3.2)', async () => {
    deliver(store, simple)
    await client.select()
    expect((await client.command('FETCH 1 (UID PREVIEW (LAZY) FLAGS)'))[0]).toMatch(
      /^\* 1 FETCH \(UID \d+ PREVIEW "Hello .*" FLAGS \(\)\)$/,
    )
  })

  it('is empty for a message without text', async () => {
    deliver(store, 'Subject: nothing\r\n\r\n')
    await client.select()
    expect((await client.command('FETCH 1 PREVIEW'))[0]).toBe('* 1 FETCH (PREVIEW "")')
  })

  it('BAD for a modifier that does not exist', async () => {
    deliver(store, simple)
    await client.select()
    expect((await client.command('FETCH 1 PREVIEW (EAGER)')).at(-1)).toMatch(/^a BAD/)
  })
})
