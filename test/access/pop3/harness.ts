/**
 * A POP3 client's end of a session over a store in memory: text in, what the server says out.
 */
import { memorySql } from '../../../src/host/memory/sql.ts'
import { MailStore, type MailboxRole } from '../../../src/mailbox/index.ts'
import { fromLatin1, latin1 } from '../../../src/format/index.ts'
import {
  Pop3Session,
  type Pop3SessionFacts,
  type Pop3SessionLimits,
  type Pop3SessionState,
} from '../../../src/access/pop3/index.ts'
import { AheadAnswers, type AheadOffer } from '../../../src/host/bridge/common/ahead-answers.ts'
import { chunked } from '../../chunked.ts'

export const now = Date.UTC(2026, 10, 23, 12, 0, 0)

/** A fresh account on a clock that stands still. */
export function newStore(): MailStore {
  const store = new MailStore({ sql: memorySql(), now: () => now })
  store.create({ address: 'alice@facteur.test', name: 'Alice' })
  return store
}

/** A message of exactly so many octets. */
export function message(octets: number, subject = 'x'): string {
  const start = `Subject: ${subject}\r\n\r\n`
  return `${start.padEnd(octets - 2, 'x')}\r\n`
}

/** Puts messages into a mailbox; the emails. */
export function deliver(store: MailStore, raw: string | string[], role: MailboxRole = 'inbox') {
  const mailboxIds = [store.mailboxByRole(role)!.id]
  return store.add([raw].flat().map((text) => ({ raw: fromLatin1(text), mailboxIds, receivedAt: now })))
}

export interface ClientOptions {
  readonly size?: number
  readonly limits?: Partial<Pop3SessionLimits>
  readonly facts?: Partial<Pop3SessionFacts>
  /** The network: false while the client does not read. */
  readonly reading?: boolean
  /** A bridge that gives out what it was sent ahead; others let it fall. */
  readonly ahead?: boolean
}

export class Client {
  readonly store: MailStore
  session: Pop3Session
  readonly #options: ClientOptions
  readonly controls: object[] = []
  readonly errors: unknown[] = []
  reading: boolean
  pieces: Uint8Array[] = []
  /** Pieces of input that reached the session. */
  forwarded = 0
  readonly #ahead = new AheadAnswers()
  #unsubscribe: () => void

  private constructor(store: MailStore, options: ClientOptions) {
    this.store = store
    this.#options = options
    this.reading = options.reading ?? true
    this.session = new Pop3Session(this.#deps(), { tls: true, ...options.facts })
    this.#unsubscribe = store.onCommit((commit) => this.session.notify(commit))
  }

  /** Logged in, and the answer to that taken. */
  static async open(store: MailStore, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(store, options)
    await client.session.begin()
    client.take()
    return client
  }

  /** Just before the login is answered. */
  static waiting(store: MailStore, options: ClientOptions = {}): Client {
    return new Client(store, options)
  }

  #deps() {
    return {
      store: this.store,
      output: {
        send: (bytes: Uint8Array) => {
          if (this.#ahead.announced) return this.#ahead.fill(bytes, this.#options.ahead === true ? this.forwarded : NaN)
          this.#give(bytes)
        },
        control: (control: { ahead?: AheadOffer; hold?: true }) => {
          if (control.ahead !== undefined) this.#ahead.announce(control.ahead)
          else if (control.hold === undefined) this.controls.push(control)
        },
      },
      log: { error: (text: string, cause?: unknown) => void this.errors.push(cause ?? text) },
      ...(this.#options.limits && { limits: this.#options.limits }),
    }
  }

  #give(bytes: Uint8Array): void {
    this.pieces.push(bytes)
    if (this.reading) queueMicrotask(() => this.session.acknowledge(bytes.length))
  }

  /** What the server has said since the last time. */
  take(): string {
    const text = this.pieces.map((piece) => latin1(piece)).join('')
    this.pieces = []
    return text
  }

  /** Sends text (latin1), waits until it is answered, gives the answer. */
  async send(text: string): Promise<string> {
    for (const chunk of chunked(fromLatin1(text), this.#options.size ?? Infinity)) {
      const rest = this.#ahead.answer(chunk, (answer) => this.#give(answer))
      const taken = this.#ahead.told(rest.length > 0)
      if (taken > 0) this.session.taken(taken)
      if (rest.length === 0) continue
      this.#ahead.forget()
      this.forwarded++
      await this.session.receive(rest)
    }
    return this.take()
  }

  /** One command; the lines of its answer. */
  async command(command: string): Promise<string[]> {
    return (await this.send(`${command}\r\n`)).split('\r\n').slice(0, -1)
  }

  /** Puts the session to sleep and wakes it up: what a hibernating socket goes through. */
  hibernate(): Pop3SessionState {
    const state = this.session.state()
    if (state === undefined) throw new Error('the session cannot sleep now')
    const kept = structuredClone(state)
    const session = Pop3Session.resume(this.#deps(), kept)
    if (session === undefined) throw new Error('the session cannot be resumed')
    this.session = session
    return kept
  }

  /** The connection is lost. */
  leave(): void {
    this.#unsubscribe()
    this.session.end()
  }
}

/** Runs a transcript of `C:` and `S:` lines: every command gets exactly the answer that follows it. */
export async function transcript(client: Client, text: string): Promise<void> {
  const { expect } = await import('vitest')
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  for (let at = 0; at < lines.length;) {
    const command = (lines[at++] as string).slice(3)
    const expected: string[] = []
    while (lines[at]?.startsWith('S:')) expected.push((lines[at++] as string).slice(3))
    expect(await client.command(command), command).toEqual(expected)
  }
}
