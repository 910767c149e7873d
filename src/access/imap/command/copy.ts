/**
 * `COPY` and `MOVE`.
 *
 * Standards: RFC 9051 §6.4.7–6.4.8, RFC 6851 (MOVE), RFC 4315 §3 (COPYUID).
 */
import { formatUidSet, no, type SequenceSet } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { expectMailbox } from '../mailbox-names.ts'
import { highestModSeqCode } from './expunge.ts'

export function copy(
  context: Context,
  command: { name: 'COPY' | 'MOVE'; uid: boolean; set: SequenceSet; mailbox: string },
): Completion {
  const { store, output } = context
  const selected = command.name === 'MOVE' ? context.writable : context.mailbox
  const sequences = selected.resolve(command.set, command.uid)
  const { mailbox } = expectMailbox(store, command.mailbox, 'TRYCREATE')
  const uids = sequences.map((sequence) => selected.map.uidAt(sequence))
  // RFC 9051 §6.4.7: all or none. A message that is gone is missing from the copy, so there is none.
  const view = selected.view
  if (!command.uid && uids.some((uid) => view.indexOf(uid) < 0)) throw no('Some messages are gone', 'EXPUNGEISSUED')
  if (uids.length === 0) return { text: 'Nothing to do' }

  const outcome =
    command.name === 'MOVE'
      ? store.move(selected.mailbox, uids, mailbox.id)
      : store.copy(selected.mailbox, uids, mailbox.id)
  if (outcome.source.length === 0) return { text: 'Nothing to do' }
  const code = `COPYUID ${outcome.uidValidity} ${formatUidSet(outcome.source)} ${formatUidSet(outcome.destination)}`
  if (command.name === 'COPY') return { code, text: 'COPY completed' }
  // RFC 6851 §4.3: COPYUID goes out before the EXPUNGEs, since the tagged response comes after them.
  output.text(`* OK [${code}] Moved\r\n`)
  return { text: 'MOVE completed', ...highestModSeqCode(context, selected.mailbox) }
}
