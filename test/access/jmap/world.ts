/**
 * One account over an in-memory database, asked through its JMAP endpoint as a client would.
 */
import {
  JmapAccess,
  type JmapLimits,
  Outbox,
  type SubmissionOptions,
  type SubmissionPort,
  type SubmissionResult,
  type TimelinePort,
} from '../../../src/access/jmap/index.ts'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'
import {
  formatEmailId,
  formatMailboxId,
  MailStore,
  type Commit,
  type MailboxRole,
  type MailStoreOptions,
} from '../../../src/mailbox/index.ts'
import type { Envelope } from '../../../src/protocol/smtp/index.ts'
import type { Sql } from '../../../src/storage/index.ts'

/** JSON of many shapes. */
export type Answer = any

export const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:ietf:params:jmap:submission']

export class World {
  readonly store: MailStore
  /** SQL statements run so far. */
  statements = 0
  readonly jmap: JmapAccess
  readonly sent: { envelope: Envelope; raw: Uint8Array; options?: SubmissionOptions }[] = []
  readonly outbox: Outbox
  /** When the alarm was asked for. */
  readonly wakeups: number[] = []
  readonly faults: unknown[] = []
  readonly commits: Commit[] = []
  /** What the submission port answers; a thrown error is a fault of ours. */
  outcome: SubmissionResult | Error = { accepted: true, reply: { code: 250, enhanced: '2.0.0', text: 'queued' } }
  /** Called while a message is being handed over. */
  submitting: ((options: SubmissionOptions | undefined) => void) | undefined
  now = Date.UTC(2026, 10, 23, 12)
  #serial = 0

  constructor(limits: Partial<JmapLimits> = {}, options: Partial<MailStoreOptions> = {}, timeline?: TimelinePort) {
    const sql = memorySql()
    const counting: Sql = {
      exec: (query, ...bindings) => {
        this.statements++
        return sql.exec(query, ...bindings)
      },
      transaction: (work) => sql.transaction(work),
    }
    this.store = new MailStore({ sql: counting, now: () => this.now, ...options })
    this.store.create({ address: 'alice@facteur.test', name: 'Alice' })
    this.store.onCommit((commit) => this.commits.push(commit))
    const submit: SubmissionPort = {
      submit: (envelope, raw, options) => {
        this.submitting?.(options)
        if (this.outcome instanceof Error) return Promise.reject(this.outcome)
        if (this.outcome.accepted) this.sent.push({ envelope, raw, ...(options === undefined ? {} : { options }) })
        return Promise.resolve(this.outcome)
      },
      maySendAs: (address) => Promise.resolve(address === 'sales@facteur.test'),
    }
    const clock = () => this.now
    const onFault = (where: string, cause: unknown) => void this.faults.push([where, cause])
    const wakeAt = (time: number) => void this.wakeups.push(time)
    this.outbox = new Outbox({ store: this.store, submit, clock, wakeAt, onFault })
    this.jmap = new JmapAccess({
      store: this.store,
      account: { id: 'a1', address: 'alice@facteur.test', name: 'Alice' },
      submit,
      outbox: this.outbox,
      clock,
      ids: () => `id${++this.#serial}`,
      limits,
      timeline,
      onFault,
    })
  }

  mailbox(role: MailboxRole): string {
    const mailbox = this.store.mailboxByRole(role)
    if (mailbox === undefined) throw new Error(`no ${role}`)
    return formatMailboxId(mailbox.id)
  }

  /** Delivers a message; its id. */
  deliver(raw: string, options: { role?: MailboxRole; keywords?: string[]; receivedAt?: number } = {}): string {
    const mailbox = this.store.mailboxByRole(options.role ?? 'inbox')
    if (mailbox === undefined) throw new Error('no such mailbox')
    const [email] = this.store.add([
      {
        raw: encodeUtf8(raw.replaceAll(/\r?\n/g, '\r\n')),
        mailboxIds: [mailbox.id],
        keywords: options.keywords ?? [],
        receivedAt: options.receivedAt ?? this.now,
      },
    ])
    if (email === undefined) throw new Error('nothing was added')
    return formatEmailId(email.id)
  }

  /** All octets of a blob; undefined when there is none. */
  async octets(blobId: string): Promise<Uint8Array | undefined> {
    const download = await this.jmap.download('a1', blobId)
    return download?.slice(0, download.size)
  }

  /** A whole request body, answered. */
  async post(body: string | Uint8Array): Promise<{ status: number; contentType: string; body: Answer }> {
    const bytes = typeof body === 'string' ? encodeUtf8(body) : body
    const response = await this.jmap.handle(bytes)
    return { ...response, body: JSON.parse(response.body) }
  }

  /** Method calls, answered; accountId is added where it is missing. */
  async request(...calls: [name: string, args: Record<string, unknown>][]): Promise<Answer[]> {
    const methodCalls = calls.map(([name, args], index) => [
      name,
      name === 'Core/echo' ? args : { accountId: 'a1', ...args },
      `c${index}`,
    ])
    const { status, body } = await this.post(JSON.stringify({ using, methodCalls }))
    if (status !== 200) throw new Error(JSON.stringify(body))
    return body.methodResponses
  }

  /** One method call: the arguments of its response, which must have the same name. */
  async call(name: string, args: Record<string, unknown> = {}): Promise<Answer> {
    const [response] = await this.request([name, args])
    if (response[0] !== name) throw new Error(`${name}: ${JSON.stringify(response[1])} ${String(this.faults.at(-1))}`)
    return response[1]
  }

  /** One method call that must fail: its error object. */
  async refusal(name: string, args: Record<string, unknown> = {}): Promise<Answer> {
    const [response] = await this.request([name, args])
    if (response[0] !== 'error') throw new Error(`${name} was taken: ${JSON.stringify(response[1])}`)
    return response[1]
  }
}

export const simpleMessage = `From: Bob <bob@example.com>
To: alice@facteur.test
Subject: Hello
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <m1@example.com>

Hi Alice,
see you.
`
