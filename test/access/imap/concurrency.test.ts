/**
 * Twenty clients in one mailbox, each doing what it may by chance, while mail arrives, another protocol changes it, sessions
 * sleep and connections break: in the end each knows what is there, from nothing but the responses it got.
 */
import { expect, it } from 'vitest'
import type { Email, MailStore } from '../../../src/mailbox/index.ts'
import { fromLatin1 } from '../../../src/format/index.ts'
import { dialects, MailClient } from './client/mail-client.ts'
import { Random } from './client/random.ts'
import { Client, deliver, newStore, settled, simple } from './harness.ts'

const sessions = 20
const steps = 3_000

/** A client and its connection, which may be slow, sleep and break. */
class Connection {
  readonly #store: MailStore
  readonly #random: Random
  readonly #dialect: string
  #server: Client
  client: MailClient
  #unread = 0

  constructor(store: MailStore, random: Random, dialect: string) {
    this.#store = store
    this.#random = random
    this.#dialect = dialect
    ;[this.#server, this.client] = this.#connect()
  }

  #connect(): [Client, MailClient] {
    const limits = { outputPiece: 300, outputWindow: 1_000 }
    const server = new Client(this.#store, { limits })
    return [
      server,
      new MailClient(this.#dialect, this.#random, (text) => void server.session.receive(fromLatin1(text))),
    ]
  }

  /** What the server has said reaches the client; only while it reads does the server hear of that. */
  hear(): void {
    if (!this.#server.reading) for (const piece of this.#server.pieces) this.#unread += piece.length
    this.client.receive(this.#server.take())
    if (this.#server.errors.length > 0) throw new Error('an error was logged', { cause: this.#server.errors[0] })
  }

  /** The client stops reading for a while, or goes on. */
  pause(pausing: boolean): void {
    this.hear()
    this.#server.reading = !pausing
    if (pausing) return
    this.#server.session.acknowledge(this.#unread)
    this.#unread = 0
  }

  sleep(): void {
    if (this.#server.session.state() !== undefined) this.#server.hibernate()
  }

  /** The connection breaks, and the client comes again with what it had cached. */
  break(): void {
    const { cache } = this.client
    this.#server.leave()
    this.#unread = 0
    ;[this.#server, this.client] = this.#connect()
    this.client.begin(cache)
  }
}

/** Mail arrives, or somebody works on it by another protocol. */
function elsewhere(store: MailStore, random: Random): void {
  const inbox = store.mailboxByRole('inbox')!.id
  const archive = store.mailboxByRole('archive')!.id
  const { view, archived } = { view: store.view(inbox), archived: store.view(archive) }
  if (view.length < 8 || (view.length < 60 && random.chance(0.4))) {
    deliver(store, random.chance(0.2) ? [simple, simple] : simple)
    return
  }
  const id = view.emails[random.below(view.length)] as Email['id']
  const chance = random.below(10)
  if (chance < 5)
    store.update([
      { id, keywords: { [random.pick(['add', 'remove'])]: [random.pick(['$seen', '$flagged', 'green'])] } },
    ])
  else if (chance < 7) store.update([{ id, mailboxIds: { add: [archive], remove: [inbox] } }])
  else if (chance < 8 && archived.length > 0) {
    store.update([{ id: archived.emails[0] as Email['id'], mailboxIds: { add: [inbox], remove: [archive] } }])
  } else store.destroy([id])
}

it.each([1, 2, 3, Number(process.env['SEED'] ?? 4)])(
  'every view equals the store in the end (seed %d)',
  async (seed) => {
    const random = new Random(seed)
    const store = newStore()
    deliver(
      store,
      Array.from({ length: 10 }, () => simple),
    )
    const connections = Array.from(
      { length: sessions },
      (_, index) => new Connection(store, random, dialects[index % dialects.length] as string),
    )
    let now: Connection | undefined
    const everyone = async (work: (connection: Connection) => void): Promise<void> => {
      for (const connection of connections) {
        now = connection
        work(connection)
        await settled()
        connection.hear()
      }
    }
    try {
      for (const connection of connections) connection.client.begin()
      await everyone(() => undefined)
      for (let step = 0; step < steps; step++) {
        now = random.pick(connections)
        const chance = random.below(100)
        if (chance < 65) now.client.step()
        else if (chance < 85) elsewhere(store, random)
        else if (chance < 90) now.sleep()
        else if (chance < 98) now.pause(random.chance(0.4))
        else now.break()
        // Often several do something before anybody hears of it.
        if (random.chance(0.3)) continue
        for (let turn = 0; turn < 20; turn++) await Promise.resolve()
        for (const connection of random.some(connections, 0.5)) (now = connection).hear()
      }
      await everyone((connection) => connection.pause(false))
      await everyone(({ client }) => client.done())
      await everyone(({ client }) => !client.selected && client.step())
      await everyone(({ client }) => client.modes.news !== 'usual' && client.hearNews())
      await everyone(({ client }) => client.noop())
      await everyone(({ client }) => client.catchUp())
      const view = store.view(store.mailboxByRole('inbox')!.id)
      const actual = Array.from({ length: view.length }, (_, row) => ({
        uid: view.uids[row] as number,
        flags: [...view.keywordsAt(row).map(flagOf), ...(view.isDeletedAt(row) ? ['\\Deleted'] : [])],
        modSeq: view.modseqAt(row),
      }))
      for (const connection of connections) {
        now = connection
        expect(connection.client.quiet).toBe(true)
        expect(connection.client.differences(actual)).toEqual([])
      }
    } catch (error) {
      const said = now?.client.transcript.slice(-30).join('')
      throw new Error(`seed ${seed}: ${String(error)}\n${said}`, { cause: error })
    }
  },
)

function flagOf(keyword: string): string {
  return ['$seen', '$answered', '$flagged', '$draft'].includes(keyword) ? `\\${keyword.slice(1)}` : keyword
}
