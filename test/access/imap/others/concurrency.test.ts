/**
 * Clients of the owner and of somebody she shares with, in one mailbox, each doing what it may by chance, while sessions sleep:
 * in the end each knows what is there, from nothing but the responses it got.
 */
import { expect, it } from 'vitest'
import { fromLatin1 } from '../../../../src/format/index.ts'
import { dialects, MailClient } from '../client/mail-client.ts'
import { Random } from '../client/random.ts'
import { deliver, settled, simple, type Client } from '../harness.ts'
import { House } from './house.ts'

const sessions = 14
const steps = 1_500

interface Connection {
  readonly server: Client
  readonly client: MailClient
}

/** Every other one is a guest; of these every other one puts what it takes out into her archive, the rest into his own. */
function connect(house: House, random: Random, index: number): Connection {
  const server = house.client(index % 2 === 0 ? 'bob' : 'alice')
  const hers = index % 4 === 0 ? /\b(INBOX|Archive)\b/g : /\bINBOX\b/g
  const said = (text: string): string =>
    index % 2 === 0 ? text.replace(hers, (name) => `"Other Users/alice@facteur.test/${name}"`) : text
  const client = new MailClient(dialects[index % dialects.length] as string, random, (text) => {
    void server.session.receive(fromLatin1(said(text)))
  })
  return { server, client }
}

it.each([1, 2, 3, Number(process.env['SEED'] ?? 4)])(
  'every view equals the store in the end (seed %d)',
  async (seed) => {
    const random = new Random(seed)
    const house = new House()
    const store = house.store('alice')
    house.share('alice', 'Inbox', 'bob', 'lrswite')
    house.share('alice', 'Archive', 'bob', 'lrswite')
    for (let count = 0; count < 10; count++) deliver(store, simple)
    const connections = Array.from({ length: sessions }, (_, index) => connect(house, random, index))
    let now = connections[0] as Connection
    const hear = (connection: Connection): void => {
      now = connection
      connection.client.receive(connection.server.take())
      if (connection.server.errors.length > 0) throw new Error('logged', { cause: connection.server.errors[0] })
    }
    const everyone = async (work: (client: MailClient) => void): Promise<void> => {
      for (const connection of connections) {
        now = connection
        work(connection.client)
        await settled()
        hear(connection)
      }
    }
    try {
      await everyone((client) => client.begin())
      for (let step = 0; step < steps; step++) {
        now = random.pick(connections)
        const chance = random.below(100)
        if (chance < 70) now.client.step()
        else if (chance < 80) deliver(store, simple)
        else if (chance < 90) void house.told('alice', 'bob')
        else if (now.server.session.state() !== undefined) now.server.hibernate()
        if (random.chance(0.3)) continue
        for (let turn = 0; turn < 40; turn++) await Promise.resolve()
        for (const connection of random.some(connections, 0.5)) hear(connection)
      }
      await settled()
      await everyone(() => undefined)
      await everyone((client) => client.done())
      await everyone((client) => void (!client.selected && client.step()))
      await everyone((client) => client.modes.news !== 'usual' && client.hearNews())
      await everyone((client) => client.noop())
      await everyone((client) => client.catchUp())
      const actual = [...store.view(house.mailbox('alice', 'Inbox')).entries()].map(
        ({ uid, keywords, deleted, modseq }) => ({
          uid,
          flags: [...keywords.map(flagOf), ...(deleted ? ['\\Deleted'] : [])],
          modSeq: modseq,
        }),
      )
      for (const connection of connections) {
        now = connection
        expect(connection.client.quiet).toBe(true)
        expect(connection.client.differences(actual)).toEqual([])
      }
      expect(house.errors).toEqual([])
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}\n${now.client.transcript.slice(-30).join('')}`, { cause: error })
    }
  },
)

function flagOf(keyword: string): string {
  return ['$seen', '$answered', '$flagged', '$draft'].includes(keyword) ? `\\${keyword.slice(1)}` : keyword
}
