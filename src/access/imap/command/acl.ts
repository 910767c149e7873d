/**
 * `SETACL`, `DELETEACL`, `GETACL`, `LISTRIGHTS` and `MYRIGHTS`, on the user's own mailboxes and on those of others.
 *
 * Standards: RFC 4314 §3; RFC 8440 (MYRIGHTS in LIST).
 */
import { allRights, anyone, hasRights, noRights } from '../../../mailbox/index.ts'
import { astring, no, type AclCommand } from '../../../protocol/imap/index.ts'
import { addRights, identifiersOf, principalOf, readRights, showRights, withoutRights } from '../acl.ts'
import type { Completion, Context } from '../context.ts'
import { expectMailbox, type NamedMailbox } from '../mailbox-names.ts'

export async function acl(context: Context, command: AclCommand): Promise<Completion> {
  const completion = { text: `${command.name} completed` }
  const named = expectMailbox(context.store, command.mailbox)
  switch (command.name) {
    case 'MYRIGHTS':
      context.output.text(myRightsLine(context, named))
      break
    case 'GETACL':
      await tellAcl(context, named)
      break
    case 'LISTRIGHTS': {
      allowAdministering(context, named)
      const isOwner = (await principalOf(context, command.identifier)) === context.account.id
      // RFC 4314 §3.7: what is always granted, then what can be granted, each by itself.
      const rights = isOwner ? showRights(allRights) : `"" ${Array.from(showRights(allRights)).join(' ')}`
      const identifier = context.text(command.identifier)
      context.output.text(`* LISTRIGHTS ${context.mailboxName(named.name)} ${identifier} ${rights}\r\n`)
      break
    }
    case 'SETACL':
    case 'DELETEACL':
      await change(context, command)
  }
  return completion
}

export function myRightsLine(context: Context, { mailbox, name }: NamedMailbox): string {
  return `* MYRIGHTS ${context.mailboxName(name)} ${showRights(context.store.rightsTo(mailbox.id))}\r\n`
}

/** Of somebody else's mailbox (RFC 4314 §4). */
function allowAdministering({ store }: Context, { mailbox }: NamedMailbox): void {
  if (!hasRights(store.rightsTo(mailbox.id), 'a')) throw no('You may not administer this mailbox', 'NOPERM')
}

async function tellAcl(context: Context, named: NamedMailbox): Promise<void> {
  const { store, account } = context
  const grants = store.grants.of(named.mailbox.id)
  const names = await identifiersOf(
    context,
    grants.map(({ principal }) => principal),
  )
  let line = `* ACL ${context.mailboxName(named.name)} ${astring(account.address)} ${showRights(allRights)}`
  for (const { principal, rights } of grants) {
    line += ` ${astring(names.get(principal) ?? principal)} ${showRights(rights)}`
  }
  context.output.text(`${line}\r\n`)
}

async function change(context: Context, command: Extract<AclCommand, { identifier: string }>): Promise<void> {
  const { store } = context
  const given = command.name === 'SETACL' ? readRights(command.rights) : noRights
  // Before anybody is looked for: whoever may not ask learns nothing of who there is.
  allowAdministering(context, expectMailbox(store, command.mailbox))
  const principal = await principalOf(context, command.identifier)
  if (principal === context.account.id) throw no('The owner keeps all rights', 'NOPERM')
  // The directory was asked meanwhile: the mailbox may be gone.
  const { mailbox } = expectMailbox(store, command.mailbox)
  const own = store.grants.of(mailbox.id).find((grant) => grant.principal === principal)?.rights ?? noRights
  const action = command.name === 'SETACL' ? command.action : 'replace'
  const rights = action === 'add' ? addRights(own, given) : action === 'remove' ? withoutRights(own, given) : given
  store.transaction(() => {
    store.grants.set(mailbox.id, principal, rights)
    // As over JMAP: who is given a mailbox by name starts as subscribed, or their client would not show it.
    const isNew = !hasRights(own, 'l') && hasRights(rights, 'l')
    if (isNew && principal !== anyone) store.sharedWith(principal)?.updateMailbox(mailbox.id, { isSubscribed: true })
  })
}
