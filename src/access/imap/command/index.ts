/**
 * The commands of an authenticated session: where each is done, and in which state it may be sent.
 *
 * Standards: RFC 9051 §3, §6.
 */
import { bad, type ImapCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { namesSequences } from '../search/run.ts'
import { acl } from './acl.ts'
import { append, replace } from './append.ts'
import { cancelUpdate } from './cancel-update.ts'
import { capability } from './capability.ts'
import { close, unselect } from './close.ts'
import { compress } from './compress.ts'
import { copy } from './copy.ts'
import { create } from './create.ts'
import { destroy } from './delete.ts'
import { enable } from './enable.ts'
import { expunge } from './expunge.ts'
import { fetch } from './fetch.ts'
import { id } from './id.ts'
import { idle } from './idle.ts'
import { jmapAccess } from './jmap-access.ts'
import { list } from './list.ts'
import { logout } from './logout.ts'
import { getMetadata, setMetadata } from './metadata.ts'
import { multiSearch } from './multi-search.ts'
import { namespace } from './namespace.ts'
import { notify } from './notify.ts'
import { quota } from './quota.ts'
import { rename } from './rename.ts'
import { search } from './search.ts'
import { select } from './select.ts'
import { spelt } from './spelling.ts'
import { status } from './status.ts'
import { store } from './store.ts'
import { thread } from './thread.ts'
import { unauthenticate } from './unauthenticate.ts'
import { subscribe } from './subscribe.ts'
import { uidBatches } from './uid-batches.ts'

const selectedOnly: ReadonlySet<ImapCommand['name']> = new Set<ImapCommand['name']>([
  'CANCELUPDATE',
  'CHECK',
  'CLOSE',
  'COPY',
  'EXPUNGE',
  'FETCH',
  'MOVE',
  'REPLACE',
  'SEARCH',
  'SORT',
  'STORE',
  'THREAD',
  'UIDBATCHES',
  'UNSELECT',
])

/** Throws `BAD` for a command that needs a selected mailbox when there is none (RFC 9051 §6.4), or speaks in numbers that are switched off. */
export function allowedIn(command: ImapCommand, context: Context): void {
  const hasSelected = context.selected !== undefined || context.visiting !== undefined
  if (selectedOnly.has(command.name) && !hasSelected) throw bad('Select a mailbox first')
  // RFC 9586 §3: what names messages by number, or would be answered so.
  if (context.uidOnly && 'uid' in command && !command.uid) throw bad('Message numbers are off', 'UIDREQUIRED')
}

/**
 * May EXPUNGE be told while this command is answered? Not where client or server speak in numbers (RFC 9051 §7.5.1,
 * RFC 5256 §3, RFC 7162 §3.2.10.2).
 */
export function tellsExpunges(command: ImapCommand): boolean {
  switch (command.name) {
    case 'FETCH':
    case 'STORE':
      return command.uid
    case 'SEARCH':
    case 'SORT':
    case 'THREAD':
      return command.uid && !namesSequences(command.key)
    default:
      return true
  }
}

/** Its news are told even to a client that has asked for none: they are what it did (RFC 5465 §5). */
export function tellsInAnyCase({ name }: ImapCommand): boolean {
  return name === 'EXPUNGE' || name === 'MOVE' || name === 'REPLACE'
}

/** Does the command. Undefined: it has answered by itself, or is not over yet (IDLE). */
export function runCommand(
  command: ImapCommand,
  context: Context,
  tag: string,
): Completion | undefined | Promise<Completion | undefined> {
  switch (command.name) {
    case 'CAPABILITY':
      return capability(context)
    case 'NOOP':
    case 'CHECK':
      return { text: 'Done' }
    case 'GETJMAPACCESS':
      return jmapAccess(context)
    case 'LOGOUT':
      return logout(context, tag)
    case 'COMPRESS':
      return compress(context, command.mechanism, tag)
    case 'UNAUTHENTICATE':
      return unauthenticate(context, tag)
    case 'ID':
      return id(context)
    case 'ENABLE':
      return enable(context, command.extensions)
    case 'NAMESPACE':
      return namespace(context)
    case 'LIST':
    case 'LSUB':
      return list(context, command)
    case 'SELECT':
    case 'EXAMINE':
      return spelt(context, command, select(context, command))
    case 'UNSELECT':
      return unselect(context)
    case 'CLOSE':
      return close(context)
    case 'CREATE':
      return spelt(context, command, create(context, command))
    case 'DELETE':
      return spelt(context, command, destroy(context, command.mailbox))
    case 'RENAME':
      return spelt(context, command, rename(context, command))
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return subscribe(context, command.mailbox, command.name === 'SUBSCRIBE')
    case 'STATUS':
      return status(context, command)
    case 'APPEND':
      return append(context, command)
    case 'REPLACE':
      return replace(context, command)
    case 'SETACL':
    case 'DELETEACL':
    case 'GETACL':
    case 'LISTRIGHTS':
    case 'MYRIGHTS':
      return acl(context, command)
    case 'GETMETADATA':
      return getMetadata(context, command)
    case 'SETMETADATA':
      return setMetadata(context, command)
    case 'CANCELUPDATE':
      return cancelUpdate(context, command.tags)
    case 'UIDBATCHES':
      return uidBatches(context, command, tag)
    case 'NOTIFY':
      return notify(context, command)
    case 'GETQUOTA':
    case 'GETQUOTAROOT':
    case 'SETQUOTA':
      return quota(context, command)
    case 'FETCH':
      return fetch(context, command)
    case 'STORE':
      return store(context, command)
    case 'ESEARCH':
      return multiSearch(context, command, tag)
    case 'THREAD':
      return thread(context, command)
    case 'SEARCH':
    case 'SORT':
      return search(context, command, tag)
    case 'COPY':
    case 'MOVE':
      return copy(context, command)
    case 'EXPUNGE':
      return expunge(context, command.set)
    case 'IDLE':
      return idle(context, tag)
  }
}
