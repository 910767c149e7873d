/**
 * Puts delivered messages into the inbox, or where junk and mail to disabled addresses go, many in one transaction.
 *
 * Standards: RFC 3463 §3.3 (mailbox status: full, message too long), RFC 3030 §3 (what came as BINARYMIME is kept as text).
 */
import type { MailboxDelivery, MailboxOutcome } from '../../../delivery/index.ts'
import { withoutBinary } from '../../../format/index.ts'
import {
  type Email,
  type Mailbox,
  MailboxError,
  type MailboxId,
  type MailStore,
  type NewEmail,
  type Octets,
  StoreError,
} from '../../../mailbox/index.ts'

const DELIVERED: MailboxOutcome = { status: 'delivered' }

/** The address led to an account that is gone: whoever asked should look it up again. */
const GONE: MailboxOutcome = {
  status: 'deferred',
  reply: { code: 450, enhanced: '4.2.1', text: 'The mailbox is being removed or moved' },
}

/** Also of an outcome that came by RPC, so not the same object. */
export function isGone(outcome: MailboxOutcome): boolean {
  return outcome.status === 'deferred' && outcome.reply.enhanced === '4.2.1'
}

/** Told of each message that is stored, after the transaction, in the same event. */
export type Stored = (delivery: MailboxDelivery, email: Email) => void

/** One outcome for each, in order. What one message is refused for does not touch the others. */
export async function takeDelivery(
  store: MailStore,
  batch: readonly MailboxDelivery[],
  stored: Stored = () => {},
): Promise<MailboxOutcome[]> {
  if (!store.exists) return batch.map(() => GONE)
  const incoming = store.incoming()
  try {
    const octets = await Promise.all(batch.map(({ raw }) => incoming.message(withoutBinary(raw)).catch(asRefusal)))
    return place(store, batch, octets, stored)
  } finally {
    await incoming.settle()
  }
}

function asRefusal(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  throw error
}

function place(
  store: MailStore,
  batch: readonly MailboxDelivery[],
  octets: readonly (Octets | StoreError)[],
  stored: Stored,
): MailboxOutcome[] {
  const inbox = store.mailboxByRole('inbox')
  if (inbox === undefined) return batch.map(() => GONE)
  const emails = octets.flatMap((raw, index): NewEmail[] => {
    if (raw instanceof StoreError) return []
    const delivery = batch[index] as MailboxDelivery
    const role = roleOf(store, delivery)
    // Who has no such mailbox finds it among the rest.
    const { id } = (role === undefined ? filedIn(store, delivery) : store.mailboxByRole(role)) ?? inbox
    const { keywords } = delivery
    return [{ raw, mailboxIds: [id], ...(keywords === undefined ? {} : { keywords }) }]
  })
  const results = store.transaction(() => addAll(store, emails)).values()
  return batch.map((delivery, index) => {
    const refused = octets[index]
    const result = refused instanceof StoreError ? refused : (results.next().value as Email | StoreError)
    if (result instanceof StoreError) return refusal(result, delivery.raw.length, store)
    stored(delivery, result)
    return DELIVERED
  })
}

/** Where a rule wants it, which is made when it is missing; undefined: nowhere, or it cannot be made. */
function filedIn(store: MailStore, { mailbox }: MailboxDelivery): Mailbox | undefined {
  if (mailbox === undefined) return undefined
  const path = mailbox.split('/')
  try {
    let found: Mailbox | undefined
    for (let depth = 1; depth <= path.length; depth++) {
      const parentId: MailboxId | null = found?.id ?? null
      found =
        store.mailboxByPath(path.slice(0, depth)) ?? store.createMailbox({ name: path[depth - 1] as string, parentId })
    }
    return found
  } catch (error) {
    // Too many mailboxes, or too deep: the message is worth more than its place.
    if (error instanceof MailboxError) return undefined
    throw error
  }
}

function roleOf(store: MailStore, delivery: MailboxDelivery): 'trash' | 'junk' | undefined {
  if (delivery.mask === 'disabled') return 'trash'
  return isJunk(store, delivery) ? 'junk' : undefined
}

/** What was found out on arrival, or what the account has learned. Reports and the account's own notices are not judged. */
function isJunk(store: MailStore, { junk, raw, reversePath }: MailboxDelivery): boolean {
  return junk !== undefined || (reversePath !== '' && store.spam.isSpam(raw))
}

/** A refused message has changed nothing, so the transaction goes on. */
function addAll(store: MailStore, emails: readonly NewEmail[]): (Email | StoreError)[] {
  try {
    return store.add(emails)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return emails.length === 1 ? [error] : emails.flatMap((email) => addAll(store, [email]))
  }
}

function refusal(error: StoreError, size: number, store: MailStore): MailboxOutcome {
  switch (error.type) {
    case 'overQuota':
      // What the whole mailbox could not hold is not worth another try (RFC 3463 §3.3).
      if (size > (store.quota().limit ?? Infinity)) {
        return {
          status: 'bounced',
          reply: { code: 552, enhanced: '5.2.2', text: 'The message is larger than the mailbox may become' },
        }
      }
      return {
        status: 'deferred',
        reply: { code: 452, enhanced: '4.2.2', text: 'The mailbox is full' },
      }
    case 'tooLarge':
      return {
        status: 'bounced',
        reply: { code: 552, enhanced: '5.2.3', text: 'The message is too large for this mailbox' },
      }
    case 'unavailable':
      return {
        status: 'deferred',
        reply: { code: 451, enhanced: '4.3.0', text: 'The message cannot be stored now' },
      }
    default:
      throw error
  }
}
