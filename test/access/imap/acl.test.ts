/**
 * ACL (RFC 4314) and LIST-MYRIGHTS (RFC 8440), over the grants that JMAP shares by (RFC 9670).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { fromMailboxRights, type MailboxId, type MailStore } from '../../../src/mailbox/index.ts'
import type { PeopleLookup } from '../../../src/access/imap/index.ts'
import { Client, newStore } from './harness.ts'

const listed = [
  { id: 'a1', address: 'alice@facteur.test' },
  { id: 'b1', address: 'bob@facteur.test' },
  { id: 'c1', address: 'carol@facteur.test' },
]

const directory: PeopleLookup = {
  people: (ids) => Promise.resolve({ people: listed.filter(({ id }) => ids === undefined || ids.includes(id)) }),
}

let store: MailStore
let client: Client
let drafts: MailboxId

beforeEach(() => {
  store = newStore()
  client = new Client(store, { people: directory })
  drafts = store.mailboxByRole('drafts')!.id
})

const rightsOf = (principal: string): string => store.grants.rights(drafts, principal)
const last = async (command: string): Promise<string> => (await client.command(command)).at(-1)!

describe('ACL', () => {
  it('is offered where there is somebody to share with', async () => {
    expect((await client.command('CAPABILITY'))[0]).toContain(' ACL RIGHTS=kxte LIST-MYRIGHTS ')
    client = new Client(store)
    expect((await client.command('CAPABILITY'))[0]).not.toContain('ACL')
    expect(await last('SETACL Drafts bob@facteur.test lr')).toMatch(/^a NO \[CANNOT\]/)
  })

  it('gives, adds and takes away rights (§3.1)', async () => {
    expect(await last('SETACL Drafts bob@facteur.test lrs')).toBe('a OK SETACL completed')
    expect(rightsOf('b1')).toBe('lrs')
    await client.command('SETACL Drafts BOB@facteur.test +wi')
    expect(rightsOf('b1')).toBe('lrswi')
    await client.command('SETACL Drafts bob@facteur.test -sw')
    expect(rightsOf('b1')).toBe('lri')
    await client.command('SETACL Drafts bob@facteur.test l')
    expect(rightsOf('b1')).toBe('l')
    await client.command('SETACL Drafts anyone lr')
    expect(rightsOf('c1')).toBe('lr')
  })

  it('reads and shows c and d as clients of RFC 2086 mean them (§2.1.1)', async () => {
    await client.command('SETACL Drafts bob@facteur.test lrcd')
    expect(rightsOf('b1')).toBe('lrkxte')
    expect((await client.command('GETACL Drafts'))[0]).toBe(
      '* ACL "Drafts" alice@facteur.test lrswipkxteacd bob@facteur.test lrkxtecd',
    )
    await client.command('SETACL Drafts bob@facteur.test -d')
    expect(rightsOf('b1')).toBe('lrkx')
  })

  it('is the same grant that JMAP makes, and the other way round', async () => {
    store.grants.set(drafts, 'c1', fromMailboxRights({ mayReadItems: true, mayAddItems: true })!)
    expect((await client.command('GETACL Drafts'))[0]).toContain(' carol@facteur.test lri')
    await client.command('SETACL Drafts bob@facteur.test lr')
    expect(store.sharedWith('b1')!.mailboxes()).toMatchObject([{ id: drafts, isSubscribed: true }])
  })

  it('takes everything away with DELETEACL, or with no rights (§3.2)', async () => {
    await client.command('SETACL Drafts bob@facteur.test lr')
    expect(await last('DELETEACL Drafts bob@facteur.test')).toBe('a OK DELETEACL completed')
    expect(store.grants.isEmpty).toBe(true)
    await client.command('SETACL Drafts bob@facteur.test lr')
    await client.command('SETACL Drafts bob@facteur.test ""')
    expect(store.grants.isEmpty).toBe(true)
  })

  it('lists what can be given, and what the owner has in any case (§3.4)', async () => {
    expect((await client.command('LISTRIGHTS Drafts bob@facteur.test'))[0]).toBe(
      '* LISTRIGHTS "Drafts" "bob@facteur.test" "" l r s w i p k x t e a c d',
    )
    expect((await client.command('LISTRIGHTS Drafts alice@facteur.test'))[0]).toBe(
      '* LISTRIGHTS "Drafts" "alice@facteur.test" lrswipkxteacd',
    )
  })

  it('tells the user that they may do everything (§3.5), with LIST too (RFC 8440)', async () => {
    expect(await client.command('MYRIGHTS INBOX')).toEqual([
      '* MYRIGHTS "INBOX" lrswipkxteacd',
      'a OK MYRIGHTS completed',
    ])
    const lines = await client.command('LIST "" (INBOX Drafts) RETURN (MYRIGHTS STATUS (MESSAGES))')
    expect(lines.filter((line) => line.includes('MYRIGHTS'))).toHaveLength(2)
  })

  it.each([
    ['an unknown right', 'SETACL Drafts bob@facteur.test lrz', /^a BAD/],
    ['rights in capitals', 'SETACL Drafts bob@facteur.test LR', /^a BAD/],
    ['no rights at all', 'SETACL Drafts bob@facteur.test', /^a BAD/],
    ['somebody who is not here', 'SETACL Drafts nobody@facteur.test lr', /^a NO \[NONEXISTENT\]/],
    ['taking from the owner', 'SETACL Drafts alice@facteur.test lr', /^a NO \[NOPERM\]/],
    ['removing the owner', 'DELETEACL Drafts alice@facteur.test', /^a NO \[NOPERM\]/],
    ['negative rights', 'SETACL Drafts -bob@facteur.test lr', /^a NO \[CANNOT\]/],
    ['a mailbox that is not there', 'SETACL Nowhere bob@facteur.test lr', /^a NO \[NONEXISTENT\]/],
    ['the rights of a mailbox that is not there', 'GETACL Nowhere', /^a NO \[NONEXISTENT\]/],
    ['my rights without a mailbox', 'MYRIGHTS', /^a BAD/],
  ])('refuses %s, and changes nothing', async (_, command, answer) => {
    await client.command('SETACL Drafts carol@facteur.test lr')
    const before = store.grants.of(drafts)
    expect(await last(command)).toMatch(answer)
    expect(store.grants.of(drafts)).toEqual(before)
  })
})
