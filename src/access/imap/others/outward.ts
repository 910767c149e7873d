/**
 * Which commands are about mailboxes of others, and who does them.
 *
 * Standards: RFC 2342, RFC 4314 §4, RFC 7377 §2 (several mailboxes), RFC 9051 §6.3.9 (LIST).
 */
import { no, type ImapCommand, type RawCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { appendElsewhere } from './append.ts'
import { listWithOthers } from './listing.ts'
import { expectHost, isOthersName, othersPrefix } from './names.ts'
import { replaceElsewhere } from './replace.ts'
import { searchWithOthers } from './searching.ts'
import { transfer } from './transfer.ts'
import { forward } from './visit.ts'
import { notifyWithOthers } from './watching.ts'

type Outcome = Promise<Completion | undefined>

/** Undefined: a command for the user's own account, as nearly all are. */
export function outward(context: Context, command: ImapCommand, raw: RawCommand): Outcome | undefined {
  const { visiting } = context
  switch (command.name) {
    case 'LIST':
    case 'LSUB':
      return listWithOthers(context, command, raw)
    case 'ESEARCH':
      return searchWithOthers(context, command, raw)
    case 'NOTIFY':
      return (context.others?.owners() ?? []).length === 0 ? undefined : notifyWithOthers(context, command)
    case 'SELECT':
    case 'EXAMINE':
      return isOthersName(context, command.mailbox) ? select(context, command.mailbox, raw) : undefined
    case 'APPEND':
      return isOthersName(context, command.mailbox) ? appendElsewhere(context, command, raw) : undefined
    case 'STATUS':
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
    case 'CREATE':
    case 'DELETE':
    case 'SETACL':
    case 'DELETEACL':
    case 'GETACL':
    case 'LISTRIGHTS':
    case 'MYRIGHTS':
    case 'GETMETADATA':
    case 'SETMETADATA':
    case 'GETQUOTAROOT':
      return isOthersName(context, command.mailbox) ? named(context, command.mailbox, raw) : undefined
    case 'GETQUOTA':
      return command.root.startsWith(othersPrefix) ? named(context, command.root, raw) : undefined
    case 'RENAME':
      return rename(context, command, raw)
    case 'COPY':
    case 'MOVE':
      if (visiting === undefined && !isOthersName(context, command.mailbox)) return undefined
      return transfer(context, command, raw)
    case 'REPLACE':
      if (visiting === undefined && !isOthersName(context, command.mailbox)) return undefined
      return replaceElsewhere(context, command, raw)
    case 'CLOSE':
    case 'CHECK':
    case 'NOOP':
    case 'FETCH':
    case 'STORE':
    case 'SEARCH':
    case 'SORT':
    case 'THREAD':
    case 'EXPUNGE':
    case 'UIDBATCHES':
    case 'CANCELUPDATE':
      return visiting === undefined ? undefined : forward(context, visiting.host, raw)
    default:
      return undefined
  }
}

async function named(context: Context, name: string, raw: RawCommand): Outcome {
  return forward(context, await expectHost(context, name), raw)
}

/** RFC 9051 §6.3.2: one that fails leaves nothing selected. Within one account it is told there that the other is closed. */
async function select(context: Context, name: string, raw: RawCommand): Outcome {
  const { selected, visiting } = context
  context.selected = undefined
  context.visiting = undefined
  const host = await expectHost(context, name)
  if (visiting?.host.id === host.id) context.visiting = visiting
  else if (selected !== undefined || visiting !== undefined) {
    context.output.text('* OK [CLOSED] Previous mailbox closed\r\n')
  }
  return forward(context, host, raw)
}

function rename(context: Context, { from, to }: { from: string; to: string }, raw: RawCommand): Outcome | undefined {
  if (!isOthersName(context, from)) return undefined
  return (async () => {
    const host = await expectHost(context, from)
    if (!to.startsWith(host.prefix)) throw no('A mailbox stays in its account', 'CANNOT')
    return forward(context, host, raw)
  })()
}
