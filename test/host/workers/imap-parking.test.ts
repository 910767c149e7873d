/**
 * Mail clients of all dialects in one mailbox, whose sessions are parked and come for again and again: each knows in the end
 * what is there, and none is told anything in an order that is not legal.
 *
 * `imap-eviction.test.ts` does the same with sessions that stay, and `test/access/imap/concurrency.test.ts` to the engine.
 */
import { evictDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { dialects, MailClient } from '../../access/imap/client/mail-client.ts'
import { Random } from '../../access/imap/client/random.ts'
import { account, envelope, furnish, LinkClient, message, openSession, type SessionClient } from './house.ts'
import { truth } from './newcomer.ts'
import { ParkingClient, resume } from './parking-client.ts'

const turns = 250
/** A second, but for a busy machine. */
const timeout = { timeout: 60_000 }

class Connection {
  readonly client: MailClient
  readonly #parking: ParkingClient
  #session: SessionClient
  #parked: string | undefined
  times = 0

  constructor(session: SessionClient, parking: ParkingClient, client: (send: (text: string) => void) => MailClient) {
    this.#session = session
    this.#parking = parking
    this.client = client((text) => this.#session.send(text))
  }

  async park(): Promise<void> {
    if (this.#parked !== undefined) return
    this.#parked = await this.#parking.park(this.#session)
    if (this.#parked === undefined) return
    this.times++
    // What it was told until then.
    const told = await this.#session.until(/^[^]*/)
    if (told !== '') this.client.receive(told)
  }

  async comeBack(): Promise<void> {
    if (this.#parked === undefined) return
    this.#session = await resume(this.#parked)
    this.#parked = undefined
  }

  /** Reads until the client waits for nothing. */
  async settle(): Promise<void> {
    while (!this.client.quiet && !this.client.waiting) this.client.receive(await this.#session.until(/[^]+/))
  }

  close(): void {
    this.#session.close()
  }
}

it.each([1, 2, 3])('every client knows what is there, however often it is parked (seed %d)', timeout, async (seed) => {
  const random = new Random(seed)
  const address = `alice@parked${seed}.test`
  const ids = await furnish(`parked${seed}.test`, ['alice'])
  const [link, parking] = [await LinkClient.open(), await ParkingClient.open()]
  const deliver = (subject: string) =>
    link.deliver(envelope('eve@outside.test', address), message({ subject, body: 'Until tomorrow.' }))
  for (let number = 0; number < 8; number++) await deliver(`hello ${number}`)
  const crowd: Connection[] = []
  for (const dialect of dialects) {
    const session = await openSession(address)
    await session.until(/Logged in\r\n/)
    crowd.push(new Connection(session, parking, (send) => new MailClient(dialect, random, send)))
  }
  let now = crowd[0] as Connection
  const everyone = async (work: (client: MailClient) => unknown): Promise<void> => {
    for (now of crowd) {
      await now.comeBack()
      work(now.client)
      await now.settle()
    }
  }
  try {
    await everyone((client) => client.begin())
    for (let turn = 0; turn < turns; turn++) {
      now = random.pick(crowd)
      const chance = random.below(100)
      if (chance < 5) await evictDurableObject(account(ids['alice'] as string))
      if (chance % 5 === 0) await deliver(`news ${turn}`)
      else if (chance % 5 === 1) await now.park()
      else {
        await now.comeBack()
        now.client.step()
        await now.settle()
      }
    }
    await everyone((client) => client.done())
    await everyone((client) => void (!client.selected && client.step()))
    await everyone((client) => client.modes.news !== 'usual' && client.hearNews())
    await everyone((client) => client.noop())
    await everyone((client) => client.catchUp())
    const actual = await truth(address)
    for (now of crowd) expect(now.client.differences(actual)).toEqual([])
    expect(crowd.reduce((sum, { times }) => sum + times, 0)).toBeGreaterThan(10)
  } catch (error) {
    throw new Error(`seed ${seed}: ${String(error)}\n${now.client.transcript.slice(-30).join('')}`, { cause: error })
  } finally {
    for (const connection of crowd) connection.close()
  }
})
