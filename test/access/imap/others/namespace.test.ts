/**
 * The mailboxes of others: that they are there, what they are called, and what is refused.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { deliver, simple, type Client } from '../harness.ts'
import { House } from './house.ts'

let house: House
let bob: Client

const alices = (name: string): string => `"Other Users/alice@facteur.test/${name}"`
const last = async (command: string): Promise<string> => (await bob.command(command)).at(-1)!
const untagged = async (command: string): Promise<string[]> => (await bob.command(command)).slice(0, -1)

beforeEach(() => {
  house = new House()
  const alice = house.store('alice')
  const projects = alice.createMailbox({ name: 'Projects', parentId: null })
  alice.createMailbox({ name: 'Boats', parentId: projects.id })
  bob = house.client('bob')
})

describe('without shares', () => {
  it('asks nobody, and lists what there is', async () => {
    await bob.command('LIST "" *')
    await bob.command('LIST "" % RETURN (STATUS (MESSAGES))')
    await bob.command('SELECT INBOX')
    await bob.command('NOOP')
    expect(house.visits).toEqual([])
  })

  it('says where they would be (RFC 2342 §5)', async () => {
    expect(await untagged('NAMESPACE')).toEqual(['* NAMESPACE (("" "/")) (("Other Users/" "/")) NIL'])
    expect(await untagged('LIST "" "Other Users/%"')).toEqual([])
  })

  it.each([
    ['CREATE "Other Users"', /^a NO \[CANNOT\]/],
    ['CREATE "Other Users/mine"', /^a NO \[NONEXISTENT\]/],
    ['RENAME Drafts "Other Users/mine"', /^a NO \[CANNOT\]/],
    [`SELECT ${alices('INBOX')}`, /^a NO \[NONEXISTENT\]/],
    [`STATUS ${alices('Nowhere')} (MESSAGES)`, /^a NO \[NONEXISTENT\]/],
    ['SELECT "Other Users/nobody@facteur.test/INBOX"', /^a NO \[NONEXISTENT\]/],
    ['SELECT "Other Users/bob@facteur.test/INBOX"', /^a NO \[NONEXISTENT\]/],
    [`APPEND ${alices('INBOX')} {3+}\r\nx:y`, /^a NO \[TRYCREATE\]|^a NO \[NONEXISTENT\]/],
  ])('refuses %s as if nobody were there (RFC 4314 §6)', async (command, answer) => {
    expect(await last(command)).toMatch(answer)
  })
})

describe('LIST', () => {
  it('names them below their owner, and shows no level that is not asked for (RFC 9051 §6.3.9)', async () => {
    house.share('alice', 'Projects/Boats', 'bob', 'lr')
    house.share('alice', 'Inbox', 'bob', 'lr')
    const all = await untagged('LIST "" *')
    expect(all.filter((line) => line.includes('Other Users'))).toEqual([
      `* LIST (\\HasNoChildren) "/" ${alices('Projects/Boats')}`,
      `* LIST (\\HasNoChildren) "/" ${alices('INBOX')}`,
    ])
    expect((await untagged('LIST "" %')).at(-1)).toBe('* LIST (\\Noselect \\HasChildren) "/" "Other Users"')
    expect(await untagged('LIST "" "Other Users/%"')).toEqual([
      '* LIST (\\Noselect \\HasChildren) "/" "Other Users/alice@facteur.test"',
    ])
    expect(house.visits).toEqual(['command LIST'])
    expect(await untagged(`LIST "Other Users/alice@facteur.test/" %`)).toEqual([
      `* LIST (\\HasNoChildren) "/" ${alices('INBOX')}`,
      `* LIST (\\Noselect \\HasChildren) "/" ${alices('Projects')}`,
    ])
  })

  it('tells of no mailbox that may not be looked up (RFC 4314 §4)', async () => {
    house.share('alice', 'Projects', 'bob', 'lr')
    house.share('alice', 'Projects/Boats', 'bob', 'rswite')
    expect(await untagged('LIST "" "Other Users/*"')).toEqual([`* LIST (\\HasNoChildren) "/" ${alices('Projects')}`])
    expect(await last(`SELECT ${alices('Projects/Boats')}`)).toMatch(/^a NO \[NONEXISTENT\]/)
    expect(await last(`STATUS ${alices('Projects/Boats')} (MESSAGES)`)).toMatch(/^a NO \[NONEXISTENT\]/)
  })

  it('does not give the roles of others out as the user’s own (RFC 6154 §2)', async () => {
    house.share('alice', 'Trash', 'bob', 'lr')
    expect(await untagged('LIST "" "Other Users/*"')).toEqual([`* LIST (\\HasNoChildren) "/" ${alices('Trash')}`])
    expect((await untagged('LIST (SPECIAL-USE) "" *')).join()).not.toContain('Other Users')
  })

  it('gives figures and rights of what may be read, and only rights of the rest (RFC 5819, RFC 8440)', async () => {
    house.share('alice', 'Inbox', 'bob', 'lrs')
    house.share('alice', 'Projects', 'bob', 'lip')
    deliver(house.store('alice'), simple)
    expect(await untagged('LIST "" "Other Users/*" RETURN (MYRIGHTS STATUS (MESSAGES UNSEEN))')).toEqual([
      `* LIST (\\HasNoChildren) "/" ${alices('Projects')}`,
      `* MYRIGHTS ${alices('Projects')} lip`,
      `* LIST (\\HasNoChildren) "/" ${alices('INBOX')}`,
      `* MYRIGHTS ${alices('INBOX')} lrs`,
      `* STATUS ${alices('INBOX')} (MESSAGES 1 UNSEEN 1)`,
    ])
  })

  it('knows what the user is subscribed to, who says so to the owner (RFC 9051 §6.3.7)', async () => {
    house.share('alice', 'Inbox', 'bob', 'lr')
    house.share('alice', 'Projects', 'bob', 'lr')
    expect(await last(`UNSUBSCRIBE ${alices('Projects')}`)).toBe('a OK Unsubscribed')
    expect(await untagged('LIST (SUBSCRIBED) "" "Other Users/*"')).toEqual([
      `* LIST (\\HasNoChildren \\Subscribed) "/" ${alices('INBOX')}`,
    ])
    expect(await untagged('LSUB "" "Other Users/*"')).toEqual([`* LSUB (\\HasNoChildren) "/" ${alices('INBOX')}`])
    expect((await untagged('LSUB "" %')).at(-1)).toBe('* LSUB (\\Noselect) "/" "Other Users"')
    expect(await untagged('LIST (SUBSCRIBED RECURSIVEMATCH) "" "Other Users/%"')).toEqual([
      '* LIST (\\NonExistent \\HasChildren) "/" "Other Users/alice@facteur.test" ("CHILDINFO" ("SUBSCRIBED"))',
    ])
    expect(house.store('alice').mailbox(house.mailbox('alice', 'Projects'))!.isSubscribed).toBe(true)
  })

  it('says that an account does not answer, and lists the others', async () => {
    house.share('alice', 'Inbox', 'bob', 'lr')
    house.share('carol', 'Inbox', 'bob', 'lr')
    house.unreachable.add('alice')
    expect(await bob.command('LIST "" "Other Users/*"')).toEqual([
      '* NO [UNAVAILABLE] Mailboxes of somebody else cannot be listed now',
      '* LIST (\\HasNoChildren) "/" "Other Users/carol@facteur.test/INBOX"',
      'a OK LIST completed',
    ])
    expect(await last(`SELECT ${alices('INBOX')}`)).toMatch(/^a NO \[UNAVAILABLE\]/)
  })

  it('finds what is shared with everyone by its name, and does not list it (RFC 4314 §2)', async () => {
    house.share('alice', 'Projects', 'anyone', 'lr')
    expect(await untagged('LIST "" "Other Users/*"')).toEqual([])
    expect(await last(`EXAMINE ${alices('Projects')}`)).toMatch(/^a OK \[READ-ONLY\]/)
  })

  it('leaves mailboxes alone that the user has under such a name already', async () => {
    const own = house.store('bob').createMailbox({ name: 'Other Users', parentId: null })
    house.store('bob').createMailbox({ name: 'Mine', parentId: own.id })
    house.share('alice', 'Inbox', 'bob', 'lr')
    expect(await last('SELECT "Other Users/Mine"')).toMatch(/^a OK \[READ-WRITE\]/)
    expect(await last(`SELECT ${alices('INBOX')}`)).toMatch(/^a OK \[READ-ONLY\]/)
  })
})
