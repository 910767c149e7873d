/**
 * NOTIFY (RFC 5465) for mailboxes of others that are not selected.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { deliver, settled, simple, type Client } from '../harness.ts'
import { House } from './house.ts'

let house: House
let bob: Client

const alices = (name: string): string => `"Other Users/alice@facteur.test/${name}"`
const last = async (command: string): Promise<string> => (await bob.command(command)).at(-1)!
const all = 'MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange'

/** What Bob hears of what has happened in Alice's account. */
async function heard(): Promise<string[]> {
  await house.told('alice', 'bob')
  await settled()
  return bob.take().split('\r\n').slice(0, -1)
}

beforeEach(() => {
  house = new House()
  house.store('alice').createMailbox({ name: 'Projects', parentId: null })
  house.share('alice', 'Inbox', 'bob', 'lrs')
  house.share('alice', 'Projects', 'bob', 'lr')
  deliver(house.store('alice'), simple)
  bob = house.client('bob')
})

describe('messages', () => {
  it('are told as STATUS with the figures that changed (§5.1–5.3), over sleep too', async () => {
    expect(await last(`NOTIFY SET (SUBTREE "Other Users" (${all}))`)).toBe('a OK NOTIFY completed')
    const [uid] = deliver(house.store('alice'), simple)
    expect(await heard()).toEqual([
      expect.stringMatching(/^\* STATUS "Other Users\/alice@facteur.test\/INBOX" \(UIDNEXT \d+ MESSAGES 2 UNSEEN 2 /),
    ])
    bob.hibernate()
    house.store('alice').setFlags(house.mailbox('alice', 'Inbox'), [uid!], { add: ['$seen'] })
    expect(await heard()).toEqual([
      expect.stringMatching(/^\* STATUS "Other Users\/alice@facteur.test\/INBOX" \(UNSEEN 1 UIDVALIDITY \d+\)$/),
    ])
    house.store('alice').expunge(house.mailbox('alice', 'Inbox'), [uid!])
    expect(await heard()).toEqual([expect.stringMatching(/MESSAGES 1/)])
    expect(await heard()).toEqual([])
  })

  it('are told of those mailboxes only that are watched and may be read', async () => {
    await bob.command(`NOTIFY SET (MAILBOXES ${alices('Projects')} (MessageNew MessageExpunge))`)
    deliver(house.store('alice'), simple)
    expect(await heard()).toEqual([])
    house.share('alice', 'Projects', 'bob', 'l')
    expect(await heard()).toEqual([])
    await bob.command('NOTIFY SET (PERSONAL (MessageNew MessageExpunge))')
    house.visits.length = 0
    deliver(house.store('alice'), simple)
    expect(await heard()).toEqual([])
    expect(house.visits).toEqual([])
  })

  it('begin with figures when those are asked for, and SUBSCRIBED is what the user is subscribed to', async () => {
    await bob.command(`UNSUBSCRIBE ${alices('Projects')}`)
    const lines = await bob.command('NOTIFY SET STATUS (SUBSCRIBED (MessageNew MessageExpunge))')
    expect(lines.filter((line) => line.includes('Other Users'))).toEqual([
      expect.stringMatching(/^\* STATUS "Other Users\/alice@facteur.test\/INBOX" \(MESSAGES 1 UIDNEXT/),
    ])
  })

  it('of the selected mailbox are told there and not here', async () => {
    await bob.select(alices('INBOX'))
    await bob.command(`NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (SUBTREE "Other Users" (${all}))`)
    deliver(house.store('alice'), simple)
    expect(await heard()).toEqual(['* 2 EXISTS'])
  })
})

describe('names', () => {
  beforeEach(() => bob.command(`NOTIFY SET (SUBTREE "Other Users" (${all}))`))

  it('that come, change and go are told (§5.4)', async () => {
    const plans = house.store('alice').createMailbox({ name: 'Plans', parentId: null })
    house.share('alice', 'Plans', 'bob', 'lr')
    expect(await heard()).toEqual([`* LIST (\\HasNoChildren \\Subscribed) "/" ${alices('Plans')}`])
    house.store('alice').updateMailbox(plans.id, { name: 'Past' })
    expect(await heard()).toEqual([
      `* LIST (\\HasNoChildren \\Subscribed) "/" ${alices('Past')} ("OLDNAME" (${alices('Plans')}))`,
    ])
    house.share('alice', 'Past', 'bob', '')
    expect(await heard()).toEqual([`* LIST (\\NonExistent) "/" ${alices('Past')}`])
  })

  it('of an account that shares for the first time, and of one that shares no more', async () => {
    house.share('carol', 'Inbox', 'bob', 'lr')
    await house.told('carol', 'bob')
    expect(bob.take()).toContain('* LIST (\\HasNoChildren \\Subscribed) "/" "Other Users/carol@facteur.test/INBOX"')
    house.share('carol', 'Inbox', 'bob', '')
    await house.told('carol', 'bob')
    expect(bob.take()).toBe('* LIST (\\NonExistent) "/" "Other Users/carol@facteur.test/INBOX"\r\n')
  })

  it('wait for an account that is out of reach', async () => {
    house.unreachable.add('alice')
    house.store('alice').updateMailbox(house.mailbox('alice', 'Projects'), { name: 'Plans' })
    expect(await heard()).toEqual([])
    house.unreachable.clear()
    expect(await heard()).toEqual([expect.stringContaining('OLDNAME')])
  })
})

describe('what is not told', () => {
  it('is refused by name: annotations (§5.6, BADEVENT)', async () => {
    for (const source of ['SUBTREE "Other Users"', `MAILBOXES ${alices('INBOX')}`]) {
      const events = 'MessageNew MessageExpunge MailboxName MailboxMetadataChange'
      expect(await last(`NOTIFY SET (${source} (${events}))`)).toMatch(/^a NO \[BADEVENT \(MessageNew /)
    }
    expect(await last('NOTIFY SET (PERSONAL (MailboxMetadataChange))')).toMatch(/^a OK/)
  })
})
