/**
 * A mailbox of somebody else that is selected: news, sleep, and what ends it.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { deliver, settled, simple, type Client } from '../harness.ts'
import { House } from './house.ts'

let house: House
let bob: Client
let alice: Client

const inbox = '"Other Users/alice@facteur.test/INBOX"'
const last = async (command: string): Promise<string> => (await bob.command(command)).at(-1)!

beforeEach(async () => {
  house = new House()
  deliver(house.store('alice'), [simple, simple, simple])
  deliver(house.store('bob'), simple)
  house.share('alice', 'Inbox', 'bob', 'lrswite')
  bob = house.client('bob')
  alice = await house.client('alice').select()
  await bob.select(inbox)
})

describe('what the other account does', () => {
  it('is told with the next command, in an order that is legal (RFC 9051 §7.5)', async () => {
    await alice.command('STORE 1 +FLAGS (\\Flagged)')
    await alice.command('STORE 2 +FLAGS (\\Deleted)')
    await alice.command('EXPUNGE')
    deliver(house.store('alice'), simple)
    expect(await bob.command('NOOP')).toEqual([
      '* 2 EXPUNGE',
      '* 3 EXISTS',
      expect.stringMatching(/^\* 1 FETCH \(UID \d+ FLAGS \(\\Flagged\)\)$/),
      'a OK Done',
    ])
    expect(await bob.command('NOOP')).toEqual(['a OK Done'])
  })

  it('is not told as EXPUNGE while the client speaks in numbers', async () => {
    await alice.command('STORE 1 +FLAGS.SILENT (\\Deleted)')
    await alice.command('EXPUNGE')
    expect(await bob.command('FETCH 2:3 (FLAGS)')).toEqual([
      '* 2 FETCH (FLAGS ())',
      '* 3 FETCH (FLAGS ())',
      'a OK FETCH completed',
    ])
    expect(await bob.command('FETCH 1 (UID)')).toEqual([expect.stringMatching(/^a NO \[EXPUNGEISSUED\]/)])
    expect(await bob.command('NOOP')).toEqual(['* 1 EXPUNGE', 'a OK Done'])
  })

  it('is told at once in IDLE, over the sleep of the session too', async () => {
    await bob.send('i IDLE\r\n')
    bob.hibernate()
    deliver(house.store('alice'), simple)
    await house.told('alice', 'bob')
    await settled()
    expect(bob.take()).toBe('* 4 EXISTS\r\n')
    await alice.command('STORE 1 +FLAGS.SILENT (\\Deleted)')
    await alice.command('EXPUNGE')
    bob.hibernate()
    await house.told('alice', 'bob')
    await settled()
    expect(bob.take()).toBe('* 1 EXPUNGE\r\n')
    expect(await bob.send('DONE\r\n')).toBe('i OK Idle ended\r\n')
    expect(await bob.command('FETCH * (UID)')).toEqual([expect.stringMatching(/^\* 3 FETCH/), 'a OK FETCH completed'])
  })

  it('is told in IDLE that begins after it, without anybody’s word', async () => {
    deliver(house.store('alice'), simple)
    expect(await bob.send('i IDLE\r\n')).toBe('+ idling\r\n* 4 EXISTS\r\n')
  })

  it('does not wake a session that does not listen, or is elsewhere', async () => {
    house.visits.length = 0
    await house.told('alice', 'bob')
    expect(house.visits).toEqual([])
    await bob.select('INBOX')
    await bob.send('i IDLE\r\n')
    await house.told('alice', 'bob')
    expect(house.visits).toEqual([])
  })

  it('waits for a later word when it is out of reach during IDLE', async () => {
    await bob.send('i IDLE\r\n')
    house.unreachable.add('alice')
    deliver(house.store('alice'), simple)
    await house.told('alice', 'bob')
    expect(bob.take()).toBe('')
    expect(bob.session.closed).toBe(false)
    house.unreachable.clear()
    await house.told('alice', 'bob')
    expect(bob.take()).toBe('* 4 EXISTS\r\n')
  })

  it('is told to a client that has used NOTIFY as it wished (RFC 5465)', async () => {
    await bob.command('NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge))')
    deliver(house.store('alice'), simple)
    await house.told('alice', 'bob')
    await settled()
    const told = bob.take()
    expect(told).toContain('* 4 EXISTS')
    expect(told).toContain('Subject: Hello')
    await bob.command('NOTIFY NONE')
    deliver(house.store('alice'), simple)
    expect(await bob.command('NOOP')).toEqual(['a OK Done'])
  })
})

describe('rights that are taken back', () => {
  it.each(['', 'l', 'ls', 'rswite'])('end the session at its next command (%s is left)', async (left) => {
    house.share('alice', 'Inbox', 'bob', left)
    expect(await bob.command('FETCH 1 (FLAGS)')).toEqual([expect.stringMatching(/^\* BYE The selected mailbox has/)])
    expect(bob.session.closed).toBe(true)
  })

  it('stop a FETCH that is under way', async () => {
    house.onVisit = (when, call) => {
      if (when === 'before' && call.work.do === 'command' && call.work.command.name === 'UID FETCH') {
        void Promise.resolve().then(() => house.share('alice', 'Inbox', 'bob', 'l'))
      }
    }
    const lines = await bob.command('UID FETCH 1:* (BODY.PEEK[])')
    expect(lines.filter((line) => line.includes('FETCH (')).length).toBeLessThan(3)
    expect(lines.at(-1)).toMatch(/^\* BYE|^a NO \[NOPERM\]/)
  })

  it('are those of each command: what is left goes on', async () => {
    house.share('alice', 'Inbox', 'bob', 'lr')
    expect(await last('STORE 1 +FLAGS (\\Seen)')).toMatch(/^a NO \[NOPERM\]/)
    expect(await last('FETCH 1 (FLAGS)')).toBe('a OK FETCH completed')
  })
})

describe('the end of a visit', () => {
  it('is the end of the mailbox, or of its account', async () => {
    house.remove('alice')
    expect(await bob.command('NOOP')).toEqual(['* BYE The selected mailbox has been deleted'])
  })

  it('is SELECT of another, told as CLOSED (RFC 7162 §3.2.11), CLOSE and UNSELECT', async () => {
    expect((await bob.command('SELECT INBOX'))[0]).toBe('* OK [CLOSED] Previous mailbox closed')
    expect(await bob.command('FETCH 1:* (FLAGS)')).toHaveLength(2)
    const lines = await bob.command(`SELECT ${inbox}`)
    expect(lines[0]).toBe('* OK [CLOSED] Previous mailbox closed')
    expect(lines).toContain('* 3 EXISTS')
    expect((await bob.command(`EXAMINE ${inbox}`)).filter((line) => line.includes('CLOSED'))).toHaveLength(1)
    expect(await last('UNSELECT')).toMatch(/^a OK/)
    expect(await last('FETCH 1 FLAGS')).toMatch(/^a BAD/)
    await bob.select(inbox)
    expect(await last('CLOSE')).toMatch(/^a OK/)
    expect(await last('FETCH 1 FLAGS')).toMatch(/^a BAD/)
  })

  it('is not an owner who does not answer: the mailbox stays selected', async () => {
    house.unreachable.add('alice')
    expect(await last('FETCH 1 (FLAGS)')).toMatch(/^a NO \[UNAVAILABLE\]/)
    expect(await last('STATUS INBOX (MESSAGES)')).toBe('a OK STATUS completed')
    house.unreachable.clear()
    expect(await last('FETCH 1 (FLAGS)')).toBe('a OK FETCH completed')
  })
})

describe('all that a session can do', () => {
  it('is searched, sorted and threaded, and keeps what was saved over its sleep', async () => {
    expect(await bob.command('SEARCH TEXT meet')).toEqual(['* SEARCH 1 2 3', 'a OK SEARCH completed'])
    expect((await bob.command('SORT (REVERSE ARRIVAL) UTF-8 ALL'))[0]).toMatch(/^\* SORT/)
    expect((await bob.command('THREAD REFERENCES UTF-8 ALL'))[0]).toMatch(/^\* THREAD/)
    await bob.command('SEARCH RETURN (SAVE) FROM Bob')
    bob.hibernate()
    expect(await bob.command('FETCH $ (FLAGS)')).toHaveLength(4)
  })

  it('resynchronises with QRESYNC (RFC 7162 §3.2.5)', async () => {
    await bob.command('ENABLE QRESYNC')
    const opened = await bob.command(`SELECT ${inbox}`)
    const number = (code: string): string => new RegExp(`\\[${code} (\\d+)\\]`).exec(opened.join('\n'))![1]!
    await bob.command('UNSELECT')
    await alice.command('STORE 1 +FLAGS.SILENT (\\Deleted)')
    await alice.command('EXPUNGE')
    await alice.command('STORE 1 +FLAGS.SILENT (\\Flagged)')
    const again = await bob.command(`SELECT ${inbox} (QRESYNC (${number('UIDVALIDITY')} ${number('HIGHESTMODSEQ')}))`)
    expect(again).toContainEqual(expect.stringMatching(/^\* VANISHED \(EARLIER\) \d+$/))
    expect(again).toContainEqual(expect.stringMatching(/^\* 1 FETCH \(UID \d+ FLAGS \(\\Flagged\) MODSEQ \(\d+\)\)$/))
    expect((await bob.command('UID STORE 1:* +FLAGS.SILENT (\\Seen)')).join()).toContain('MODSEQ')
  })

  it('switches CONDSTORE on for the whole session when it is used there (RFC 7162 §3.1)', async () => {
    await bob.command('FETCH 1 (MODSEQ)')
    await bob.select('INBOX')
    expect((await bob.command('STORE 1 +FLAGS (\\Seen)')).join()).toContain('MODSEQ')
  })

  it('follows a search (RFC 5267), over its sleep', async () => {
    expect((await bob.command('UID SEARCH RETURN (UPDATE COUNT) UNSEEN'))[0]).toContain('COUNT 3')
    bob.hibernate()
    await alice.command('STORE 1 +FLAGS.SILENT (\\Seen)')
    expect((await bob.command('NOOP')).join()).toContain('REMOVEFROM')
  })

  it('is searched with others at once (RFC 7377)', async () => {
    expect(await bob.command('ESEARCH IN (selected mailboxes INBOX) RETURN (COUNT) SUBJECT Hello')).toEqual([
      expect.stringMatching(/^\* ESEARCH \(TAG "a" MAILBOX "INBOX" UIDVALIDITY \d+\) UID COUNT 1$/),
      expect.stringMatching(/^\* ESEARCH \(TAG "a" MAILBOX "Other Users\/alice@facteur.test\/INBOX" .*UID COUNT 3$/),
      'a OK ESEARCH completed',
    ])
    for (const source of ['subtree "Other Users"', `mailboxes ${inbox}`, 'subscribed', 'selected']) {
      expect((await bob.command(`ESEARCH IN (${source}) RETURN (COUNT) ALL`)).join()).toContain('UID COUNT 3')
    }
    expect((await bob.command('ESEARCH IN (personal) RETURN (COUNT) ALL')).join()).not.toContain('Other Users')
  })
})
