/**
 * Messages that an account holds until their time (RFC 4865, RFC 8621 §7): put there as JMAP does it, and read past the code
 * under test.
 */
import { MailStore, type NewSubmission } from '../../src/mailbox/index.ts'
import type { Sql } from '../../src/storage/index.ts'
import type { Database } from './database.ts'
import { textOfMessage } from './message.ts'
import type { MessagePlan } from './sender.ts'

/** Before the account's object has had its first event: what the store remembers must not have two masters. */
export function hold(database: Database, plan: MessagePlan, now: number): void {
  const sql = {
    exec: (query: string, ...bindings: unknown[]) => database.exec(query, ...bindings),
    transaction: <T>(work: () => T): T => database.transactionSync(work),
  } as unknown as Sql
  const store = new MailStore({ sql, now: () => now })
  const drafts = store.mailboxByRole('drafts')
  if (drafts === undefined) throw new Error('the account has no drafts')
  const [email] = store.add([{ raw: Buffer.from(textOfMessage(plan), 'latin1'), mailboxIds: [drafts.id] }])
  if (email === undefined) throw new Error('the store takes no draft')
  const rcptTo = plan.recipients.map(({ address, notify }) => ({
    email: address,
    parameters: notify === undefined ? null : { NOTIFY: notify.join(',') },
  }))
  store.createSubmission({
    identityId: store.identities()[0]?.id as NewSubmission['identityId'],
    emailId: email.id,
    threadId: email.threadId,
    envelope: { mailFrom: { email: plan.from, parameters: null }, rcptTo },
    sendAt: now + plan.at,
    tag: plan.token,
    undoStatus: 'pending',
    deliveryStatus: null,
    hold: email.blob,
  })
}

export interface Held {
  /** Tokens of what is still held. */
  pending: string[]
  /** Of what came back to its sender instead of going. */
  returned: string[]
  /** By token: recipients that are on their way still, as the submission says. */
  underWay: Map<string, string[]>
}

export function readHeld(database: Database): Held {
  const rows = database.exec('SELECT tag, undo_status, dsn_blobs, delivery_status FROM submission').toArray()
  const tagged = (wanted: (row: (typeof rows)[number]) => boolean): string[] =>
    rows.filter(wanted).map(({ tag }) => tag as string)
  const underWay = new Map<string, string[]>()
  for (const { tag, delivery_status } of rows) {
    const statuses = JSON.parse((delivery_status as string | null) ?? 'null') as Record<
      string,
      { delivered: string }
    > | null
    const open = Object.entries(statuses ?? {}).filter(([, { delivered }]) => delivered === 'queued')
    underWay.set(
      tag as string,
      open.map(([address]) => address),
    )
  }
  return {
    underWay,
    pending: tagged(({ undo_status }) => undo_status === 'pending'),
    returned: tagged(({ undo_status, dsn_blobs }) => undo_status === 'final' && dsn_blobs !== null),
  }
}
