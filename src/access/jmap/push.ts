/**
 * Which types a commit of the store changed, as JMAP pushes it.
 *
 * Standards: RFC 8620 §7.1; RFC 8621 §1.5 (EmailDelivery).
 */
import {
  formatState,
  type ChangeType,
  type Commit,
  type Mail,
  type ModSeq,
  type ObjectChanges,
} from '../../mailbox/index.ts'
import type { StateChange } from '../../protocol/jmap/index.ts'

/** Undefined when nothing changed that a client could fetch. */
export function stateChangeOf(accountId: string, commit: Commit): StateChange | undefined {
  const types: string[] = []
  if (isChanged(commit.emails)) types.push('Email')
  // RFC 8621 §1.5: only new mail moves EmailDelivery, so that a sleeping client wakes for nothing else.
  if (commit.emails.created.length > 0) types.push('EmailDelivery')
  if (isChanged(commit.mailboxes) || commit.mailboxes.counts.size > 0) types.push('Mailbox')
  if (commit.threads.size > 0) types.push('Thread')
  if (isChanged(commit.identities)) types.push('Identity')
  if (isChanged(commit.submissions)) types.push('EmailSubmission')
  if (commit.vacation) types.push('VacationResponse')
  if (commit.quota) types.push('Quota')
  if (commit.notifications) types.push('ShareNotification')
  if (types.length === 0) return undefined
  const state = formatState(commit.state)
  return { '@type': 'StateChange', changed: { [accountId]: Object.fromEntries(types.map((type) => [type, state])) } }
}

function isChanged<Id>(changes: ObjectChanges<Id>): boolean {
  return changes.created.length + changes.updated.length + changes.destroyed.length > 0
}

const pushedTypes: readonly ChangeType[] = [
  'Email',
  'Mailbox',
  'Thread',
  'Identity',
  'EmailSubmission',
  'VacationResponse',
  'Quota',
  'ShareNotification',
]

/** What is pushed of mail that somebody shares. */
const sharedTypes: readonly ChangeType[] = ['Email', 'Mailbox', 'Thread']

/** As `stateChangeSince`, of an account that is shared, as far as it is. */
export function sharedChangeSince(shared: Mail, accountId: string, since: ModSeq): StateChange | undefined {
  return changeSince(shared, accountId, since, sharedTypes)
}

/** What a client has missed that was told everything up to `since`; undefined: nothing. All, when nobody knows any more. */
export function stateChangeSince(store: Mail, accountId: string, since: ModSeq): StateChange | undefined {
  return changeSince(store, accountId, since, pushedTypes)
}

function changeSince(
  store: Mail,
  accountId: string,
  since: ModSeq,
  pushed: readonly ChangeType[],
): StateChange | undefined {
  if (since === store.state) return undefined
  const types: string[] = []
  for (const type of pushed) {
    const changes = store.changes(type, since)
    if (changes === undefined || isChanged(changes)) types.push(type)
    // Created, but older: it was marked `\Deleted` and is not any more.
    const isNew = (id: number): boolean => id > since
    if (type === 'Email' && (changes === undefined || changes.created.some(isNew))) types.push('EmailDelivery')
  }
  if (types.length === 0) return undefined
  const state = formatState(store.state)
  return { '@type': 'StateChange', changed: { [accountId]: Object.fromEntries(types.map((type) => [type, state])) } }
}
