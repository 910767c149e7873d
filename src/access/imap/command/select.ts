/**
 * `SELECT` and `EXAMINE`: a mailbox opened for commands on its messages.
 *
 * Standards: RFC 9051 §6.3.2–6.3.3, RFC 3501 §6.3.1 (RECENT, UNSEEN), RFC 7162 §3.1.2, §3.2.5 (QRESYNC),
 * §3.2.11 (CLOSED), RFC 4314 §5.2 (READ-ONLY), RFC 8474 §4.2 (MAILBOXID), RFC 9586 §3.1 (no UNSEEN).
 */
import { formatMailboxId, hasRights, type MailboxView, type Right } from '../../../mailbox/index.ts'
import { bad, type SelectCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { expectMailbox } from '../mailbox-names.ts'
import { Selected } from '../selected.ts'
import { resynchronise } from '../vanished.ts'
import { listLine } from './list-line.ts'

export function select(context: Context, command: SelectCommand): Completion {
  const { output, store } = context
  const { qresync } = command
  if (qresync !== undefined && !context.enabled.has('QRESYNC')) throw bad('Enable QRESYNC first')
  if (qresync?.match !== undefined && context.uidOnly) throw bad('Message numbers are off', 'UIDREQUIRED')
  const had = context.selected !== undefined || context.visiting !== undefined
  // A SELECT that fails leaves nothing selected (RFC 9051 §6.3.2).
  context.selected = undefined
  context.visiting = undefined
  // Whatever the client has enabled: a server with CONDSTORE tells it always (RFC 7162 §3.2.11).
  if (had) output.text('* OK [CLOSED] Previous mailbox closed\r\n')
  const named = expectMailbox(store, command.mailbox)
  if (command.condstore) context.enabled.add('CONDSTORE')

  const { mailbox, name } = named
  const rights = store.rightsTo(mailbox.id)
  // RFC 4314 §5.2: without any right to change messages it is open for reading.
  const readOnly = command.name === 'EXAMINE' || !changing.some((right) => hasRights(rights, right))
  const counts = store.counts(mailbox.id)
  const selected = Selected.open(store, mailbox.id, readOnly)
  let text = selected.flagList.render(selected.rights)
  text += `* ${selected.map.length} EXISTS\r\n`
  if (!context.rev2) {
    text += '* 0 RECENT\r\n'
    const unseen = firstUnseen(selected.view)
    if (unseen > 0 && !context.uidOnly) text += `* OK [UNSEEN ${unseen}] First unseen\r\n`
  }
  text += `* OK [UIDVALIDITY ${counts.uidValidity}] UIDs are valid\r\n`
  text += `* OK [UIDNEXT ${counts.uidNext}] Predicted next UID\r\n`
  text += `* OK [HIGHESTMODSEQ ${counts.highestModSeq}] Highest mod-sequence\r\n`
  text += `* OK [MAILBOXID (${formatMailboxId(mailbox.id)})] Mailbox id\r\n`
  if (context.rev2) text += listLine(context, named, name, new Set())
  output.text(text)
  context.selected = selected
  if (qresync?.uidValidity === counts.uidValidity) resynchronise(context, selected, qresync)
  return { code: readOnly ? 'READ-ONLY' : 'READ-WRITE', text: `${command.name} completed` }
}

/** Any of these makes a mailbox READ-WRITE. */
const changing: readonly Right[] = ['i', 'e', 's', 'w', 't']

/** The sequence number of the first message without `\Seen`, or 0. */
function firstUnseen(view: MailboxView): number {
  if (view.tally.unseen === 0) return 0
  for (let row = 0; row < view.length; row++) if (!view.isSeenAt(row)) return row + 1
  return 0
}
