/**
 * `GETQUOTA`, `GETQUOTAROOT` and `SETQUOTA`: one quota root, `""`, for the whole account, where it has a limit.
 *
 * Standards: RFC 9208 §4.1–4.2, §5.1 (STORAGE: units of 1,024 octets). Limits are the administrator's to set, so QUOTASET is
 * not offered.
 */
import { no, type QuotaCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { delimiter, expectMailbox } from '../mailbox-names.ts'

const unit = 1024

export function quota(context: Context, command: QuotaCommand): Completion {
  switch (command.name) {
    case 'GETQUOTA': {
      const line = quotaLine(context)
      if (command.root !== rootOf(context) || line === undefined) throw no('No such quota root', 'NONEXISTENT')
      context.output.text(line)
      break
    }
    case 'GETQUOTAROOT': {
      const { name } = expectMailbox(context.store, command.mailbox)
      const line = quotaLine(context)
      context.output.text(
        `* QUOTAROOT ${context.mailboxName(name)}${line === undefined ? '' : ` ${context.text(rootOf(context))}`}\r\n`,
      )
      if (line !== undefined) context.output.text(line)
      break
    }
    case 'SETQUOTA':
      throw no('Only the administrator sets quotas', 'NOPERM')
  }
  return { text: `${command.name} completed` }
}

/** Undefined without a limit: then there is no quota root. */
function quotaLine(context: Context): string | undefined {
  const { used, limit } = context.store.quota()
  if (limit === undefined) return undefined
  return `* QUOTA ${context.text(rootOf(context))} (STORAGE ${Math.ceil(used / unit)} ${Math.floor(limit / unit)})\r\n`
}

/** An account is one root: the user's own is `""`, somebody else's has the name that stands before its mailboxes. */
function rootOf({ store }: Context): string {
  return (store.namePrefix ?? '').slice(0, -delimiter.length)
}
