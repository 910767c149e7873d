/**
 * An IMAP client's end of sessions over one store in memory: text in, what the server says out.
 */
import { memorySql } from '../../../src/host/memory/sql.ts'
import { MailStore, type MailboxRole, type StoreLimits } from '../../../src/mailbox/index.ts'
import type { Sql } from '../../../src/storage/index.ts'
import { fromLatin1, latin1 } from '../../../src/format/index.ts'
import {
  ImapSession,
  type ImapSessionLimits,
  type ImapSessionState,
  type OthersPort,
  type PeopleLookup,
} from '../../../src/access/imap/index.ts'
import { chunked } from '../../chunked.ts'
import { ResponseStream } from './client/response-stream.ts'

export const now = Date.UTC(2026, 10, 23, 12, 0, 0)

/** A fresh account on a clock that stands still. */
export function newStore(limits: Partial<StoreLimits> = {}, sql: Sql = memorySql()): MailStore {
  const store = new MailStore({ sql, now: () => now, limits })
  store.create({ address: 'alice@facteur.test', name: 'Alice' })
  return store
}

export const simple = [
  'From: Bob <bob@example.com>',
  'To: alice@facteur.test',
  'Subject: Hello',
  'Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)',
  'Message-ID: <1@example.com>',
  '',
  'Hello Joe, do you think we can meet at 3:30 tomorrow?',
  '',
].join('\r\n')

/** Puts messages into a mailbox; their UIDs. */
export function deliver(
  store: MailStore,
  raw: string | string[],
  role: MailboxRole = 'inbox',
  keywords: string[] = [],
) {
  const mailboxIds = [store.mailboxByRole(role)!.id]
  const emails = [raw].flat().map((text) => ({ raw: fromLatin1(text), mailboxIds, keywords, receivedAt: now }))
  return store.add(emails).map((email) => email.places[0]!.uid)
}

/** Lets everything run that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) await Promise.resolve()
}

export interface ClientOptions {
  size?: number
  limits?: Partial<ImapSessionLimits>
  people?: PeopleLookup
  jmapUrl?: string
  /** Whose session it is; Alice's by default. */
  account?: { id: string; address: string; name: string }
  others?: OthersPort
  /** A clock that moves. */
  now?: () => number
  /** The network: false while the client does not read. */
  reading?: boolean
}

const enablesUtf8 = /^\* ENABLED .*(?:IMAP4rev2|UTF8=ACCEPT)/m

export class Client {
  readonly store: MailStore
  session: ImapSession
  readonly #options: ClientOptions
  readonly controls: object[] = []
  readonly errors: unknown[] = []
  reading: boolean
  pieces: Uint8Array[] = []
  #unsubscribe: () => void
  readonly #responses = new ResponseStream()

  constructor(store: MailStore, options: ClientOptions = {}) {
    this.store = store
    this.#options = options
    this.reading = options.reading ?? true
    this.session = new ImapSession(this.#deps())
    this.#unsubscribe = store.onCommit((commit) => void this.session.notify(commit))
  }

  #deps() {
    return {
      store: this.store,
      account: this.#options.account ?? { id: 'a1', address: 'alice@facteur.test', name: 'Alice' },
      output: {
        send: (bytes: Uint8Array) => {
          this.pieces.push(bytes)
          if (this.reading) queueMicrotask(() => this.session.acknowledge(bytes.length))
        },
        control: (message: object) => void this.controls.push(message),
      },
      clock: { now: this.#options.now ?? (() => now) },
      log: { error: (message: string, cause?: unknown) => void this.errors.push(cause ?? message) },
      ...(this.#options.limits && { limits: this.#options.limits }),
      ...(this.#options.people && { people: this.#options.people }),
      ...(this.#options.others && { others: this.#options.others }),
      ...(this.#options.jmapUrl && { jmapUrl: this.#options.jmapUrl }),
    }
  }

  /** What the server has said since the last time, all of it grammatical. */
  take(): string {
    const text = this.pieces.map((piece) => latin1(piece)).join('')
    this.pieces = []
    this.#responses.receive(text)
    for (const response of this.#responses.all()) {
      if (response.kind === 'data' && response.name === 'ENABLED') this.#responses.utf8 ||= enablesUtf8.test(text)
    }
    return text
  }

  /** Sends text (latin1), waits until it is answered, gives the answer. */
  async send(text: string): Promise<string> {
    for (const chunk of chunked(fromLatin1(text), this.#options.size ?? Infinity)) await this.session.receive(chunk)
    return this.take()
  }

  /** One command; the untagged lines and the tagged one. */
  async command(command: string): Promise<string[]> {
    return (await this.send(`a ${command}\r\n`)).split('\r\n').slice(0, -1)
  }

  async select(mailbox = 'INBOX'): Promise<this> {
    await this.command(`SELECT ${mailbox}`)
    return this
  }

  /** Puts the session to sleep and wakes it up: what a hibernating socket goes through. */
  hibernate(): ImapSessionState {
    const state = this.session.state()
    if (state === undefined) throw new Error('the session cannot sleep now')
    const kept = structuredClone(state)
    this.session = ImapSession.resume(this.#deps(), kept)
    return kept
  }

  /** The connection is lost. */
  leave(): void {
    this.#unsubscribe()
    this.session.end()
  }
}
