/**
 * New messages of the selected mailbox, as the client has asked to be sent them.
 *
 * Standards: RFC 5465 §5.2, RFC 7162 §3.2.4 (with their mod-sequences).
 */
import { StoreError } from '../../../mailbox/index.ts'
import { ImapError, SequenceSet, type FetchItem } from '../../../protocol/imap/index.ts'
import { sendMessages } from '../command/fetch.ts'
import type { Context } from '../context.ts'
import { planFetch } from '../fetch/plan.ts'

/** FETCH responses for these UIDs. What cannot be sent of a message is passed over: nobody asked for it alone. */
export async function tellArrivals(
  context: Context,
  uids: readonly number[],
  items: readonly FetchItem[],
): Promise<void> {
  // Nobody has read a message because it came.
  const peeking = items.map((item): FetchItem => ('peek' in item ? { ...item, peek: true } : item))
  if (context.modSeq) peeking.push({ item: 'MODSEQ' })
  const plan = planFetch(context, { name: 'FETCH', uid: true, set: new SequenceSet([]), items: peeking })
  for (const uid of uids) {
    const sequence = context.selected?.map.sequenceOf(uid) ?? 0
    if (sequence === 0) continue
    try {
      await sendMessages(context, plan, [sequence])
    } catch (error) {
      if (!(error instanceof ImapError) && !(error instanceof StoreError)) throw error
    }
    if (context.closed) return
  }
}
