/**
 * What a client is told that has spelt a name otherwise than it is kept: names are kept composed (Unicode NFC).
 *
 * Standards: RFC 9051 §5.1 (normalisation), §6.3.9.7 (OLDNAME): to the client it is as if somebody had renamed the mailbox.
 */
import type { ImapCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { delimiter, namedMailboxes } from '../mailbox-names.ts'
import { listLine } from './list-line.ts'

/** Tells it behind a command that has opened, made, renamed or deleted a mailbox. */
export function spelt(context: Context, { name: command, spellings }: ImapCommand, done: Completion): Completion {
  if (!context.rev2) return done
  for (const { name, given } of spellings ?? []) {
    const named = namedMailboxes(context.store).get(name)
    const oldName = ` ("OLDNAME" (${context.mailboxName(given)}))\r\n`
    if (named !== undefined) {
      context.output.text(listLine(context, named, name, new Set()).replace(/\r\n$/, oldName))
    } else if (command === 'DELETE') {
      context.output.text(`* LIST (\\NonExistent) "${delimiter}" ${context.mailboxName(name)}${oldName}`)
    }
  }
  return done
}
