/**
 * IMAP on the mailboxes of somebody else: two objects, each of which may be evicted at any time.
 */
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { dialects, MailClient } from '../../access/imap/client/mail-client.ts'
import { Random } from '../../access/imap/client/random.ts'
import { ResponseStream } from '../../access/imap/client/response-stream.ts'
import { AccountObject } from '../../../src/host/workers/index.ts'
import { account, admin, envelope, furnish, LinkClient, message, openSession, type SessionClient } from './house.ts'

let ids: Record<string, string>
let link: LinkClient
let number = 0
let alice: SessionClient
let bob: SessionClient
let inbox: string
let addresses: { alice: string; bob: string }

beforeAll(async () => {
  link = await LinkClient.open()
})

/** Two accounts of their own for each test. */
beforeEach(async () => {
  const domain = `house${++number}.test`
  ids = await furnish(domain, ['alice', 'bob'])
  addresses = { alice: `alice@${domain}`, bob: `bob@${domain}` }
  inbox = `"Other Users/${addresses.alice}/INBOX"`
  alice = await opened(addresses.alice)
  await alice.command('a1', `SETACL INBOX ${addresses.bob} lrswite`)
  await told()
  bob = await opened(addresses.bob)
})

async function opened(address: string): Promise<SessionClient> {
  const session = await openSession(address)
  await session.until(/Logged in\r\n/)
  return session
}

/** Bob's account has heard what is shared with it. */
async function told(): Promise<void> {
  await runDurableObjectAlarm(account(ids['alice'] as string))
  await vi.waitFor(
    async () => {
      const session = await opened(addresses.bob)
      expect(await session.command('t', 'LIST "" "Other Users/%"')).toContain(addresses.alice)
      session.close()
    },
    { interval: 10, timeout: 5000 },
  )
}

const deliver = (subject: string, body = 'Until tomorrow.') =>
  link.deliver(envelope('eve@outside.test', addresses.alice), message({ subject, body }))
/** Only what runs can be evicted. */
async function evict(name: 'alice' | 'bob'): Promise<void> {
  const stub = account(ids[name] as string)
  await stub.rowsWritten()
  await evictDurableObject(stub)
}

describe('a mailbox of somebody else', () => {
  it('is opened, read and changed in the owner’s object', async () => {
    await deliver('hello')
    expect(await bob.command('b1', `SELECT ${inbox}`)).toContain('* 1 EXISTS')
    expect(await bob.command('b2', 'FETCH 1 (BODY[])')).toContain('Subject: hello')
    expect(await alice.command('a2', 'SEARCH SEEN')).toContain('BAD')
    expect(await alice.command('a3', 'STATUS INBOX (UNSEEN)')).toContain('UNSEEN 0')
    expect(await bob.command('b3', `STATUS ${inbox} (MESSAGES)`)).toContain('MESSAGES 1')
  })

  it('goes on where it was when both objects have been evicted, with all that happened meanwhile', async () => {
    for (const subject of ['one', 'two', 'three']) await deliver(subject)
    await bob.command('b1', `SELECT ${inbox}`)
    await alice.command('a2', 'SELECT INBOX')
    await evict('bob')
    await alice.command('a3', 'STORE 2 +FLAGS.SILENT (\\Deleted)')
    await alice.command('a4', 'EXPUNGE')
    await evict('alice')
    await deliver('four')
    expect(await bob.command('b2', 'FETCH 3 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])')).toContain('three')
    expect(await bob.command('b3', 'NOOP')).toMatch(/^\* 2 EXPUNGE\r\n(?:\* 3 EXISTS\r\n)?b3 OK/)
    expect(await bob.command('b4', 'FETCH 3 (BODY.PEEK[HEADER.FIELDS (SUBJECT)])')).toContain('four')
  })

  it('tells in IDLE, over the eviction of either object', async () => {
    await bob.command('b1', `SELECT ${inbox}`)
    bob.send('b2 IDLE\r\n')
    await bob.until(/\+ idling\r\n/)
    await deliver('one')
    await bob.until(/\* 1 EXISTS\r\n/)
    await evict('bob')
    await deliver('two')
    await bob.until(/\* 2 EXISTS\r\n/)
    await evict('alice')
    await deliver('three')
    await bob.until(/\* 3 EXISTS\r\n/)
    bob.send('DONE\r\n')
    await bob.until(/b2 OK/)
  })

  it('tells what JMAP does not see: expunges of what was marked before', async () => {
    await deliver('one')
    await alice.command('a2', 'SELECT INBOX')
    await alice.command('a3', 'STORE 1 +FLAGS.SILENT (\\Deleted)')
    await bob.command('b1', `SELECT ${inbox}`)
    bob.send('b2 IDLE\r\n')
    await bob.until(/\+ idling\r\n/)
    await alice.command('a4', 'EXPUNGE')
    await bob.until(/\* 1 EXPUNGE\r\n/)
  })

  it('is closed at once to whoever loses the right, listening or not', async () => {
    await deliver('one')
    await bob.command('b1', `SELECT ${inbox}`)
    await alice.command('a2', `SETACL INBOX ${addresses.bob} -r`)
    bob.send('b2 FETCH 1 (BODY[])\r\n')
    expect(await bob.until(/BYE.*\r\n/)).not.toContain('Subject')
    const again = await opened(addresses.bob)
    expect(await again.command('b1', `SELECT ${inbox}`)).toContain('b1 NO [NOPERM]')
    await alice.command('a3', `DELETEACL INBOX ${addresses.bob}`)
    expect(await again.command('b2', `SELECT ${inbox}`)).toContain('b2 NO [NONEXISTENT]')
  })

  it.each(['-r', '-lrswite'])('is closed to a client in IDLE when rights are taken away (%s)', async (change) => {
    await bob.command('b1', `SELECT ${inbox}`)
    bob.send('b2 IDLE\r\n')
    await bob.until(/\+ idling\r\n/)
    await alice.command('a2', `SETACL INBOX ${addresses.bob} ${change}`)
    await bob.until(/\* BYE .*\r\n/)
  })

  it('stays selected when the owner’s object fails, which says that it may be tried again', async () => {
    await deliver('one')
    await bob.command('b1', `SELECT ${inbox}`)
    const failing = vi.spyOn(AccountObject.prototype, 'visit').mockRejectedValue(new Error('the machine is gone'))
    try {
      expect(await bob.command('b2', 'FETCH 1 (FLAGS)')).toMatch(/^b2 NO \[UNAVAILABLE\]/)
      expect(await bob.command('b3', 'LIST "" "Other Users/*"')).toMatch(/^\* NO \[UNAVAILABLE\].*\r\nb3 OK/)
      expect(await bob.command('b4', 'COPY 1 Drafts')).toMatch(/^b4 NO \[UNAVAILABLE\]/)
    } finally {
      failing.mockRestore()
    }
    expect(await bob.command('b5', 'FETCH 1 (FLAGS)')).toContain('* 1 FETCH')
    expect(await bob.command('b6', 'STATUS Drafts (MESSAGES)')).toContain('MESSAGES 0')
  })

  it('is no more when its account is removed', async () => {
    await bob.command('b1', `SELECT ${inbox}`)
    expect((await admin('DELETE', `/accounts/${encodeURIComponent(addresses.alice)}`)).status).toBeLessThan(300)
    bob.send('b2 NOOP\r\n')
    await bob.until(/\* BYE .*\r\n/)
  })
})

/** Reads as a client does: what it has taken, more may follow. */
async function read(tag: string, command: string): Promise<string> {
  bob.send(`${tag} ${command}\r\n`)
  const end = new RegExp(`^${tag} .*\\r\\n`, 'm')
  let text = ''
  while (!end.test(text.slice(-200))) {
    const more = await bob.until(/[^]+/)
    bob.acknowledge(more.length)
    text += more
  }
  return text
}

describe('octets', () => {
  const lines = 70_000

  it('pass however many they are: FETCH, COPY, MOVE and APPEND', async () => {
    const large = 'All work and no play.\r\n'.repeat(lines)
    for (let count = 0; count < 3; count++) await deliver(`large ${count}`, large)
    await bob.command('b1', `SELECT ${inbox}`)
    const fetched = await read('b2', 'FETCH 1:3 (BODY.PEEK[TEXT])')
    expect(fetched.split('All work').length).toBe(3 * lines + 1)
    expect(await bob.command('b3', 'COPY 1:3 Drafts')).toMatch(/b3 OK \[COPYUID/)
    expect(await bob.command('b4', 'MOVE 2 INBOX')).toMatch(/\* 2 EXPUNGE\r\nb4 OK/)
    expect(await bob.command('b5', 'STATUS Drafts (MESSAGES SIZE)')).toContain('MESSAGES 3')
    await bob.command('b6', 'SELECT Drafts')
    expect(await bob.command('b7', `MOVE 1:3 ${inbox}`)).toMatch(/b7 OK/)
    const text = `Subject: appended\r\n\r\n${large}`
    expect(await bob.command('b8', `APPEND ${inbox} {${text.length}+}\r\n${text}`)).toMatch(/b8 OK \[APPENDUID/)
    expect(await bob.command('b9', `STATUS ${inbox} (MESSAGES)`)).toContain('MESSAGES 6')
    expect(await bob.command('c1', 'STATUS Drafts (MESSAGES)')).toContain('MESSAGES 0')
  })
})

describe('clients of all dialects', () => {
  const turns = 250

  interface Connection {
    readonly session: SessionClient
    readonly client: MailClient
  }

  /** Reads until the client waits for nothing. */
  async function settle({ session, client }: Connection): Promise<void> {
    while (!client.quiet && !client.waiting) client.receive(await session.until(/[^]+/))
  }

  it.each([1, 2])(
    'know what is there, however often either object is evicted (seed %d)',
    async (seed) => {
      const random = new Random(seed)
      for (let count = 0; count < 6; count++) await deliver(`hello ${count}`)
      const crowd: Connection[] = []
      for (const [index, dialect] of dialects.entries()) {
        const isGuest = index % 2 === 0
        const session = await opened(isGuest ? addresses.bob : addresses.alice)
        const said = (text: string): string => (isGuest ? text.replace(/\bINBOX\b/g, inbox) : text)
        crowd.push({ session, client: new MailClient(dialect, random, (text) => session.send(said(text))) })
      }
      let now = crowd[0] as Connection
      const everyone = async (work: (client: MailClient) => void): Promise<void> => {
        for (now of crowd) {
          work(now.client)
          await settle(now)
        }
      }
      try {
        await everyone((client) => client.begin())
        for (let turn = 0; turn < turns; turn++) {
          now = random.pick(crowd)
          const chance = random.below(100)
          if (chance < 20) await evict(chance < 10 ? 'alice' : 'bob')
          if (chance % 5 === 0) await deliver(`news ${turn}`)
          else {
            now.client.step()
            await settle(now)
          }
        }
        await everyone((client) => client.done())
        await everyone((client) => void (!client.selected && client.step()))
        await everyone((client) => client.modes.news !== 'usual' && client.hearNews())
        await everyone((client) => client.noop())
        await everyone((client) => client.catchUp())
        const actual = await truth()
        for (now of crowd) expect(now.client.differences(actual)).toEqual([])
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}\n${now.client.transcript.slice(-30).join('')}`, {
          cause: error,
        })
      } finally {
        for (const { session } of crowd) session.close()
      }
    },
    60_000,
  )
})

/** What the owner is told as a newcomer. */
async function truth(): Promise<{ uid: number; flags: readonly string[]; modSeq: number }[]> {
  const session = await opened(addresses.alice)
  await session.command('t1', 'EXAMINE INBOX')
  const stream = new ResponseStream()
  stream.receive(await session.command('t2', 'FETCH 1:* (UID FLAGS MODSEQ)'))
  session.close()
  return [...stream.all()].flatMap((response) =>
    response.kind === 'fetch'
      ? [
          {
            uid: response.uid ?? 0,
            flags: response.flags ?? [],
            modSeq: response.modSeq ?? 0,
          },
        ]
      : [],
  )
}
