/**
 * `FETCH`: streams what was asked for, pausing while the client does not read.
 *
 * Standards: RFC 9051 §6.4.5, §7.5.2; RFC 7162 §3.1.4 (CHANGEDSINCE), §3.2.6 (VANISHED), RFC 2180 §4.1 (messages that are gone),
 * RFC 9394 §3.3–3.4 (PARTIAL).
 *
 * The store may change at every pause: what is needed of the mailbox is read anew after it, and a message that is gone
 * by then is left out.
 */
import { hasRights, StoreError, type FlagOutcome, type MailboxView } from '../../../mailbox/index.ts'
import { bad, type ImapCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import type { FetchMessage } from '../fetch/fetch-message.ts'
import { ReadAhead } from '../fetch/read-ahead.ts'
import { planFetch, type FetchPlan } from '../fetch/plan.ts'
import { partOf } from '../search/result.ts'
import type { Selected } from '../selected.ts'
import { tellVanished } from '../vanished.ts'

/** Messages marked `\Seen` together, just before they are sent: one change of the store for all of them. */
const seenBatch = 256

export async function fetch(context: Context, command: Extract<ImapCommand, { name: 'FETCH' }>): Promise<Completion> {
  const selected = context.mailbox
  const plan = planFetch(context, command)
  if (plan.usesModSeq) context.enabled.add('CONDSTORE')
  if (command.vanished) {
    if (!context.enabled.has('QRESYNC')) throw bad('Enable QRESYNC first')
    tellVanished(context, selected, command.changedSince ?? 0, command.set)
  }
  let sequences = selected.resolve(command.set, command.uid)
  const asked = sequences.length
  const view = selected.view
  sequences = present(selected, sequences)
  let missing = asked - sequences.length
  // RFC 9394 §3.4: the part of what was named, and what of that has changed.
  if (command.partial !== undefined) sequences = [...partOf(sequences, command.partial)]
  const since = command.changedSince
  if (since !== undefined) {
    sequences = sequences.filter((s) => view.modseqAt(view.indexOf(selected.map.uidAt(s))) > since)
  }

  // RFC 4314 §4: whoever may not keep `\Seen` reads all the same.
  const marks = plan.marksSeen && hasRights(selected.rights, 's')
  const size = marks ? seenBatch : plan.columns.length > 0 || plan.readsBody ? Infinity : 4096
  for (let start = 0; start < sequences.length && !context.closed; start += size) {
    const batch = sequences.slice(start, size === Infinity ? undefined : start + size)
    const seenNow = marks ? markSeen(context, selected, batch) : none
    missing += batch.length - (await sendMessages(context, plan, batch, seenNow))
  }
  if (missing > 0 && !command.uid) {
    return { type: 'NO', code: 'EXPUNGEISSUED', text: 'Some messages are gone' }
  }
  return { text: 'FETCH completed' }
}

const none: ReadonlySet<number> = new Set()

/** Those that are still there. */
function present({ map, view }: Selected, sequences: readonly number[]): number[] {
  const there: number[] = []
  let row = -1
  for (const sequence of sequences) {
    row = rowBehind(view, row, map.uidAt(sequence))
    if (row >= 0) there.push(sequence)
  }
  return there
}

/** The row of a UID, or -1; found at once where it is the one behind `row`, as it mostly is. */
function rowBehind(view: MailboxView, row: number, uid: number): number {
  const next = row + 1
  return next < view.length && view.uids[next] === uid ? next : view.indexOf(uid)
}

/** Sends these messages; how many were still there. */
export async function sendMessages(
  context: Context,
  plan: FetchPlan,
  sequences: readonly number[],
  seenNow: ReadonlySet<number> = none,
): Promise<number> {
  let sent = 0
  const marked = seenNow.size > 0
  const ahead = plan.readsWhole ? new ReadAhead(context, sequences) : undefined
  for (const message of plan.columns.length > 0 ? withColumns(context, plan, sequences) : plain(context, sequences)) {
    if (!plan.readsBody) context.output.text(plan.render(message, marked && seenNow.has(message.uid)))
    else {
      message.octets = ahead?.octets(message.sequence, message.view, message.row)
      if (!(await plan.sendWithBody(message, marked && seenNow.has(message.uid)))) continue
    }
    sent++
    if (context.output.congested) await context.output.drained()
    if (context.closed) break
  }
  return sent
}

/** Messages whose items are all in the view: no SQL. */
function* plain(context: Context, sequences: readonly number[]): Generator<FetchMessage> {
  const selected = context.mailbox
  const message: FetchMessage = { sequence: 0, uid: 0, view: selected.view, row: -1, columns: undefined }
  for (const sequence of sequences) {
    const uid = selected.map.uidAt(sequence)
    message.view = selected.view
    message.row = rowBehind(message.view, message.row, uid)
    if (message.row < 0) continue
    message.sequence = sequence
    message.uid = uid
    yield message
  }
}

/** Messages together with stored columns, read a few hundred rows at a time. */
function* withColumns(context: Context, plan: FetchPlan, sequences: readonly number[]): Generator<FetchMessage> {
  const selected = context.mailbox
  const { map } = selected
  const first = sequences[0]
  const last = sequences.at(-1)
  if (first === undefined || last === undefined) return
  const whole = last - first + 1 === sequences.length
  const uids = whole
    ? { from: map.uidAt(first), to: map.uidAt(last) }
    : sequences.map((sequence) => map.uidAt(sequence))
  let at = 0
  const message: FetchMessage = { sequence: 0, uid: 0, view: selected.view, row: -1, columns: undefined }
  for (const columns of context.store.envelopes(selected.mailbox, uids, plan.columns)) {
    while (at < sequences.length && map.uidAt(sequences[at] as number) < columns.uid) at++
    const sequence = sequences[at]
    if (sequence === undefined || map.uidAt(sequence) !== columns.uid) continue
    const view = selected.view
    const row = rowBehind(view, message.row, columns.uid)
    // Removed since these rows were read.
    if (row < 0) continue
    message.sequence = sequence
    message.uid = columns.uid
    message.view = view
    message.row = row
    message.columns = columns
    yield message
  }
}

/** Marks what is about to be sent as `\Seen`; the UIDs for which that is news. */
function markSeen(context: Context, selected: Selected, sequences: readonly number[]): ReadonlySet<number> {
  const view = selected.view
  const unseen: number[] = []
  for (const sequence of sequences) {
    const uid = selected.map.uidAt(sequence)
    const row = view.indexOf(uid)
    if (row >= 0 && !view.isSeenAt(row)) unseen.push(uid)
  }
  if (unseen.length === 0) return none
  context.sync(false)
  const changed = seen(() => context.store.setFlags(selected.mailbox, unseen, { add: ['$seen'] }))
  context.caughtUp(changed)
  return new Set<number>(changed)
}

/** Some may be in another mailbox too, where a guest may not mark them: that is no reason not to read them here. */
function seen(mark: () => FlagOutcome): readonly number[] {
  try {
    return mark().changed
  } catch (error) {
    if (error instanceof StoreError && error.type === 'forbidden') return []
    throw error
  }
}
