/**
 * `RENAME`: a mailbox with everything below it; of INBOX, the messages only.
 *
 * Standards: RFC 9051 §6.3.6.
 */
import { no } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { canonical, delimiter, expectMailbox, namedMailboxes } from '../mailbox-names.ts'
import { refuseOthersName } from '../others/names.ts'
import { ensureParents } from './create.ts'

export function rename(context: Context, command: { from: string; to: string }): Completion {
  const { store } = context
  const from = expectMailbox(store, command.from)
  const to = canonical(command.to).replace(/\/$/, '')
  refuseOthersName(context, to)
  if (namedMailboxes(store).has(to)) throw no('The new name is taken', 'ALREADYEXISTS')
  if (to.startsWith(from.name + delimiter) && from.mailbox.role !== 'inbox') {
    throw no('A mailbox cannot be moved below itself', 'CANNOT')
  }
  const name = to.slice(to.lastIndexOf(delimiter) + 1)
  if (from.mailbox.role !== 'inbox' && isSibling(from.name, to)) {
    store.updateMailbox(from.mailbox.id, { name })
    return { text: 'RENAME completed' }
  }
  store.transaction(() => {
    const parentId = ensureParents(context, to)?.id ?? null
    if (from.mailbox.role !== 'inbox') {
      store.updateMailbox(from.mailbox.id, { name, parentId })
      return
    }
    const target = store.createMailbox({ name, parentId, isSubscribed: false })
    store.move(from.mailbox.id, [...store.view(from.mailbox.id).uidList()], target.id)
  })
  return { text: 'RENAME completed' }
}

/** Only the last level differs: what is above, perhaps a mailbox that the user does not see, stays. */
function isSibling(from: string, to: string): boolean {
  return from.slice(0, from.lastIndexOf(delimiter) + 1) === to.slice(0, to.lastIndexOf(delimiter) + 1)
}
