/**
 * A mail store over SQLite in memory, a clock that a test moves, and small messages.
 */
import { memorySql } from '../../src/host/memory/sql.ts'
import { type MailboxId, MailStore, type MailStoreOptions, type NewEmail } from '../../src/mailbox/index.ts'
import type { Sql } from '../../src/storage/index.ts'

export interface Fixture {
  readonly sql: Sql
  readonly store: MailStore
  readonly inbox: MailboxId
  readonly clock: { now: number }
  /** A new store over the same database: what an object has after a restart. */
  readonly reopen: () => MailStore
  readonly box: (role: 'inbox' | 'drafts' | 'sent' | 'junk' | 'trash' | 'archive') => MailboxId
}

export const startTime = Date.UTC(2026, 10, 23, 12)

export function openStore(options: Partial<MailStoreOptions> = {}): Fixture {
  const sql = options.sql ?? memorySql()
  const clock = { now: startTime }
  const open = (): MailStore => new MailStore({ now: () => clock.now, ...options, sql })
  const store = open()
  store.create({ address: 'alice@facteur.test', name: 'Alice' })
  const box: Fixture['box'] = (role) => {
    const mailbox = store.mailboxByRole(role)
    if (mailbox === undefined) throw new Error(`no ${role}`)
    return mailbox.id
  }
  return { sql, store, clock, reopen: open, box, inbox: box('inbox') }
}

export interface MessageFields {
  readonly from?: string
  readonly to?: string
  readonly cc?: string
  readonly subject?: string
  readonly id?: string
  readonly inReplyTo?: string
  readonly references?: string
  readonly date?: string
  readonly body?: string
  readonly more?: string
}

/** The octets of a plain text message; fields that are not given are not there. */
export function message(fields: MessageFields = {}): Uint8Array {
  const lines = [
    `From: ${fields.from ?? 'Bob <bob@example.com>'}`,
    `To: ${fields.to ?? 'Alice <alice@facteur.test>'}`,
    ...(fields.cc === undefined ? [] : [`Cc: ${fields.cc}`]),
    ...(fields.subject === undefined ? [] : [`Subject: ${fields.subject}`]),
    ...(fields.date === undefined ? [] : [`Date: ${fields.date}`]),
    ...(fields.id === undefined ? [] : [`Message-ID: <${fields.id}>`]),
    ...(fields.inReplyTo === undefined ? [] : [`In-Reply-To: <${fields.inReplyTo}>`]),
    ...(fields.references === undefined ? [] : [`References: ${fields.references}`]),
    ...(fields.more === undefined ? [] : [fields.more]),
    '',
    fields.body ?? 'Hello.',
    '',
  ]
  return new TextEncoder().encode(lines.join('\r\n'))
}

/** A new email for the given mailboxes. */
export function newEmail(
  mailboxIds: MailboxId | readonly MailboxId[],
  fields: MessageFields = {},
  more: Omit<Partial<NewEmail>, 'raw' | 'mailboxIds'> = {},
): NewEmail {
  return { raw: message(fields), mailboxIds: typeof mailboxIds === 'number' ? [mailboxIds] : mailboxIds, ...more }
}

/** Rows that statements run by `work` wrote in tables. */
export function countingSql(inner: Sql = memorySql()): {
  sql: Sql
  written: (work: () => void) => number
  log: string[]
} {
  let rows = 0
  const log: string[] = []
  const sql: Sql = {
    exec(query, ...bindings) {
      const cursor = inner.exec<never>(query, ...bindings)
      rows += cursor.rowsWritten
      if (cursor.rowsWritten > 0) log.push(`${cursor.rowsWritten} ${query.trim().slice(0, 40)}`)
      return cursor
    },
    transaction: (work) => inner.transaction(work),
  }
  return {
    sql,
    log,
    written(work) {
      rows = 0
      log.length = 0
      work()
      return rows
    },
  }
}
