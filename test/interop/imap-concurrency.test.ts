/**
 * Twenty IMAP connections to the real server, all in one mailbox, doing what they may by chance, while mail arrives by SMTP
 * and JMAP changes flags: in the end each knows what is there.
 *
 * `test/access/imap/concurrency.test.ts` does the same to the engine, with more steps, slow readers and sleeping sessions.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dialects, MailClient } from '../access/imap/client/mail-client.ts'
import { Random } from '../access/imap/client/random.ts'
import { imapClient, jmap, sendFromOutside } from './clients.ts'
import { facteur, removeDirectory, startFacteur, type RunningFacteur } from './server.ts'

const user = 'crowd@facteur.test'
const connections = 20
const stepsEach = 250
const seed = Number(process.env['SEED'] ?? 1)

let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur()
  const made = await facteur(['account', 'add', user, '--password', server.password, '--data', server.data])
  expect(made.code, made.stderr).toBe(0)
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

/** A connection that has logged in, and the client at its end. */
class Connection {
  readonly client: MailClient
  readonly #socket: Socket
  #failure: Error | undefined

  private constructor(socket: Socket, client: MailClient) {
    this.#socket = socket
    this.client = client
    socket.on('data', (bytes) => {
      try {
        client.receive(bytes.toString('latin1'))
      } catch (error) {
        this.#failure = error as Error
      }
      socket.emit('heard')
    })
    socket.on('close', () => {
      this.#failure ??= new Error('the connection was closed')
      socket.emit('heard')
    })
  }

  static async open(dialect: string, random: Random): Promise<Connection> {
    const socket = connect(server.ports.imap, '127.0.0.1')
    socket.write(`a LOGIN ${user} "${server.password}"\r\n`)
    for (let heard = ''; !/^a OK .*\r\n$/m.test(heard);) {
      const [bytes] = (await once(socket, 'data')) as [Buffer]
      heard += bytes.toString('latin1')
      if (/^a (?:NO|BAD)/m.test(heard)) throw new Error(heard)
    }
    const client = new MailClient(dialect, random, (text) => void socket.write(text, 'latin1'))
    return new Connection(socket, client)
  }

  /** Does something, and resolves when the client knows what came of it. */
  async after(work: (client: MailClient) => void): Promise<void> {
    work(this.client)
    while (!this.client.quiet && !this.client.waiting && this.#failure === undefined) await once(this.#socket, 'heard')
    if (this.#failure === undefined) return
    throw new Error(`${String(this.#failure)}\n${this.client.transcript.slice(-30).join('')}`, { cause: this.#failure })
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }
}

test(`twenty connections agree on one mailbox (seed ${seed})`, async () => {
  for (let number = 0; number < 10; number++)
    await sendFromOutside(server, { to: user, subject: `hello ${number}`, text: 'Hi.' })
  const crowd = await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      Connection.open(dialects[index % dialects.length] as string, new Random(seed * 1000 + index)),
    ),
  )
  try {
    const everyone = (work: (client: MailClient) => void) =>
      Promise.all(crowd.map((connection) => connection.after(work)))
    await everyone((client) => client.begin())
    let working = true
    const others = Promise.all([arrivals(() => working), flags(() => working)])
    await Promise.all(
      crowd.map(async (connection) => {
        for (let step = 0; step < stepsEach; step++) await connection.after((client) => client.step())
      }),
    ).finally(() => (working = false))
    await others

    await everyone((client) => client.done())
    await everyone((client) => void (!client.selected && client.step()))
    await everyone((client) => void (client.modes.news !== 'usual' && client.hearNews()))
    await everyone((client) => client.noop())
    await everyone((client) => client.catchUp())
    const actual = await truth()
    for (const { client } of crowd) {
      expect(client.differences(actual), client.transcript.slice(-30).join('')).toEqual([])
    }
  } finally {
    for (const connection of crowd) connection.close()
  }
  expect(server.log()).not.toMatch(/\berror\b/i)
})

async function arrivals(working: () => boolean): Promise<void> {
  for (let number = 0; working() && number < 100; number++) {
    await sendFromOutside(server, { to: user, subject: `news ${number}`, text: 'Until tomorrow.' })
  }
}

/** Somebody reads the same mail over JMAP. */
async function flags(working: () => boolean): Promise<void> {
  const other = await jmap(server, user)
  for (let turn = 0; working(); turn++) {
    const { q } = await other.call(['Email/query', { limit: 10, position: turn % 5 }, 'q'])
    const ids = q?.['ids'] as string[]
    const update = Object.fromEntries(ids.map((id) => [id, { [`keywords/${['$flagged', 'green'][turn % 2]}`]: true }]))
    await other.call(['Email/set', { update }, 's'])
  }
}

/** What a newcomer is told: imapflow, whose parser is another's. */
async function truth(): Promise<{ uid: number; flags: string[]; modSeq: number }[]> {
  const client = imapClient(server, user)
  await client.connect()
  try {
    await client.mailboxOpen('INBOX', { readOnly: true })
    const messages: { uid: number; flags: string[]; modSeq: number }[] = []
    for await (const { uid, flags, modseq } of client.fetch('1:*', { uid: true, flags: true })) {
      messages.push({ uid, flags: [...(flags ?? [])], modSeq: Number(modseq) })
    }
    return messages
  } finally {
    await client.logout()
  }
}
