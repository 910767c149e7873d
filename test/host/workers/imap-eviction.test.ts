/**
 * Mail clients of all dialects in one mailbox, whose object is evicted again and again: each knows in the end what is there.
 *
 * `test/access/imap/concurrency.test.ts` does the same to the engine, with more of everything but eviction.
 */
import { evictDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { dialects, MailClient } from '../../access/imap/client/mail-client.ts'
import { Random } from '../../access/imap/client/random.ts'
import { account, envelope, furnish, LinkClient, message, openSession, type SessionClient } from './house.ts'
import { truth } from './newcomer.ts'

const turns = 500
/** Two seconds, but for a busy machine. */
const timeout = { timeout: 60_000 }

interface Connection {
  readonly session: SessionClient
  readonly client: MailClient
}

/** Reads until the client waits for nothing. */
async function settle({ session, client }: Connection): Promise<void> {
  while (!client.quiet && !client.waiting) client.receive(await session.until(/[^]+/))
}

it.each([1, 2, 3])(
  'every client knows what is there, however often the object is evicted (seed %d)',
  timeout,
  async (seed) => {
    const random = new Random(seed)
    const address = `alice@facteur${seed}.test`
    const ids = await furnish(`facteur${seed}.test`, ['alice'])
    const link = await LinkClient.open()
    const deliver = (subject: string) =>
      link.deliver(envelope('eve@outside.test', address), message({ subject, body: 'Until tomorrow.' }))
    for (let number = 0; number < 8; number++) await deliver(`hello ${number}`)
    const crowd: Connection[] = []
    for (const dialect of dialects) {
      const session = await openSession(address)
      await session.until(/Logged in\r\n/)
      crowd.push({ session, client: new MailClient(dialect, random, (text) => session.send(text)) })
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
        // What comes next wakes it up.
        if (chance < 15) await evictDurableObject(account(ids['alice'] as string))
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
      const actual = await truth(address)
      for (now of crowd) expect(now.client.differences(actual)).toEqual([])
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}\n${now.client.transcript.slice(-30).join('')}`, { cause: error })
    } finally {
      for (const { session } of crowd) session.close()
    }
  },
)
