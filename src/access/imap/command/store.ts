/**
 * `STORE`.
 *
 * Standards: RFC 9051 §6.4.6, RFC 7162 §3.1.3 (UNCHANGEDSINCE, MODIFIED), RFC 2180 §4.2 (messages that are gone).
 */
import { formatUidSet, type ImapCommand } from '../../../protocol/imap/index.ts'
import type { SetPatch } from '../../../mailbox/index.ts'
import type { Completion, Context } from '../context.ts'
import { keywordsOfFlags } from '../flags.ts'

export function store(context: Context, command: Extract<ImapCommand, { name: 'STORE' }>): Completion {
  const selected = context.writable
  const { output } = context
  if (command.unchangedSince !== undefined) context.enabled.add('CONDSTORE')
  const uids = selected.resolve(command.set, command.uid).map((sequence) => selected.map.uidAt(sequence))
  const view = selected.view
  const there = uids.filter((uid) => view.indexOf(uid) >= 0)
  const keywords = keywordsOfFlags(command.flags)
  const patch: SetPatch<string> = { [command.action]: keywords }

  // What others did comes first: after the change it could not be told from our own.
  context.sync(false)
  const outcome = context.store.setFlags(selected.mailbox, there, patch, command.unchangedSince)
  context.caughtUp(outcome.changed)
  selected.tellNewFlags(output, outcome.changed)

  const modified = new Set<number>(outcome.modified)
  const stored = there.filter((uid) => !modified.has(uid))
  if (!command.silent) selected.tellFlags(output, stored, context.style)
  else if (context.modSeq) {
    const { view: now } = selected
    // RFC 7162 §3.1.3: a conditional STORE tells the mod-sequence of each message for which the condition held.
    for (const uid of command.unchangedSince === undefined ? outcome.changed : stored) {
      const modSeq = `MODSEQ (${now.modseqAt(now.indexOf(uid))})`
      if (context.uidOnly) output.text(`* ${uid} UIDFETCH (${modSeq})\r\n`)
      else output.text(`* ${selected.map.sequenceOf(uid)} FETCH (UID ${uid} ${modSeq})\r\n`)
    }
  }
  if (modified.size > 0) {
    const numbers = command.uid ? outcome.modified : outcome.modified.map((uid) => selected.map.sequenceOf(uid))
    return { code: `MODIFIED ${formatUidSet(numbers)}`, text: 'Some messages had changed' }
  }
  if (!command.uid && there.length < uids.length) {
    return { type: 'NO', code: 'EXPUNGEISSUED', text: 'Some messages are gone' }
  }
  return { text: 'STORE completed' }
}
