/**
 * Messages of the selected mailbox on their way to another account.
 *
 * Standards: RFC 9051 §6.4.7 (all or none; flags and internal date come along), RFC 4314 §4 (MOVE: `t` and `e`).
 */
import { deletedFlag, hasRights } from '../../../mailbox/index.ts'
import { no, type ImapCommand } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'

export interface CarriedMessage {
  readonly uid: number
  readonly raw: Uint8Array
  /** Keywords, and `\Deleted`, as the store has them. */
  readonly keywords: readonly string[]
  readonly receivedAt: number
}

/** The UIDs and sizes that the command names. Throws `NO [EXPUNGEISSUED]`, `NO [NOPERM]`, `NO [READ-ONLY]`. */
export function namedIn(
  context: Context,
  command: Extract<ImapCommand, { name: 'COPY' | 'MOVE' }>,
): (readonly [uid: number, size: number])[] {
  const selected = command.name === 'MOVE' ? context.writable : context.mailbox
  if (command.name === 'MOVE' && !hasRights(selected.rights, ['t', 'e']))
    throw no('You may not move from here', 'NOPERM')
  const uids = selected.resolve(command.set, command.uid).map((sequence) => selected.map.uidAt(sequence))
  const { view } = selected
  if (!command.uid && uids.some((uid) => view.indexOf(uid) < 0)) throw no('Some messages are gone', 'EXPUNGEISSUED')
  return uids.flatMap((uid) => {
    const row = view.indexOf(uid)
    return row < 0 ? [] : [[uid, view.sizes[row] as number] as const]
  })
}

/** Those that are still there, one after the other. */
export async function messagesOf(context: Context, uids: readonly number[]): Promise<CarriedMessage[]> {
  const messages: CarriedMessage[] = []
  for (const uid of uids) {
    const selected = context.mailbox
    const row = selected.view.indexOf(uid)
    if (row < 0) continue
    const { keywords, deleted, receivedAt, emailId } = selected.view.entry(row)
    const raw = await context.store.reading(() => context.store.raw(emailId))
    if (raw === undefined) continue
    messages.push({ uid, raw, receivedAt, keywords: deleted ? [...keywords, deletedFlag] : keywords })
  }
  return messages
}
