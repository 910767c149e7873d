/**
 * `NOTIFY` for mailboxes of others: which accounts are watched, and what they have to tell.
 *
 * An account is asked when it has said that something changed. What it tells is the difference to what the client was told,
 * which this session keeps, so that a word that gets lost is made good by the next.
 *
 * Standards: RFC 5465.
 */
import { StoreError } from '../../../mailbox/index.ts'
import { no, type NotifyCommand, type NotifyGroup } from '../../../protocol/imap/index.ts'
import { notify } from '../command/notify.ts'
import type { Completion, Context } from '../context.ts'
import { delimiter } from '../mailbox-names.ts'
import { isIn } from '../mailbox-source.ts'
import { hostOf, othersPrefix } from './names.ts'
import type { Owner } from './port.ts'
import type { SeenMailboxes } from './seen-mailboxes.ts'
import { reachesOwner } from './reach.ts'
import { visit } from './visit.ts'

/** `NO [BADEVENT]` for mailboxes of others by name: nobody tells of their annotations. */
export async function notifyWithOthers(context: Context, command: NotifyCommand): Promise<Completion | undefined> {
  const { groups } = command.wishes
  if (groups.some((group) => namesOthers(group) && group.events.includes('MailboxMetadataChange'))) {
    const events = 'MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange ServerMetadataChange'
    throw no('Of annotations of others nothing is told', `BADEVENT (${events})`)
  }
  const completion = notify(context, command)
  context.watched.clear()
  context.watchedNews.clear()
  for (const owner of context.others?.owners() ?? []) {
    if (reachingGroups(groups, owner).length > 0) await ask(context, owner, command.status)
    if (context.closed) return undefined
  }
  return completion
}

/** Something has happened in an account: whether the client wants to hear of it. */
export function noteWatched(context: Context, id: string): boolean {
  const { watch, watched, watchedNews, others } = context
  if (watch === undefined) return false
  const owner = others?.owners().find((one) => one.id === id)
  const isWatched = watched.has(id) || (owner !== undefined && reachingGroups(watch.wishes.groups, owner).length > 0)
  if (isWatched) watchedNews.add(id)
  return isWatched
}

/** Asks the accounts that have said that something changed. */
export async function tellWatched(context: Context): Promise<void> {
  const { watchedNews, watched, others, output } = context
  const ids = [...watchedNews]
  watchedNews.clear()
  for (const id of ids) {
    // To a client that does not read, the next change is told with all before it.
    if (context.closed || output.congested) return
    const owner = others?.owners().find((one) => one.id === id)
    // Of one that was not known yet, all that there is is new.
    if (owner !== undefined) await ask(context, owner, false, watched.get(id) ?? { told: 0, mailboxes: [] })
    else if (watched.has(id)) tellGone(context, id)
  }
}

async function ask(context: Context, owner: Owner, first: boolean, seen?: SeenMailboxes): Promise<void> {
  const groups = reachingGroups(context.watch?.wishes.groups ?? [], owner)
  if (groups.length === 0) return
  try {
    const work = { do: 'watch', groups, first, ...(seen && { seen }) } as const
    const answer = await visit(context, hostOf(owner), '*', work)
    if (answer.seen !== undefined) context.watched.set(owner.id, answer.seen)
    else if (answer.session !== undefined) tellGone(context, owner.id)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    // Out of reach: the next word of it brings all.
    context.watched.set(owner.id, seen ?? { told: 0, mailboxes: [] })
  }
}

/** Nothing of that account is shared any more. */
function tellGone(context: Context, id: string): void {
  const { watch, watched, output } = context
  for (const [, name, , isSubscribed] of watched.get(id)?.mailboxes ?? []) {
    const mailbox = { name, isSubscribed: isSubscribed === 1, role: null }
    const events = watch?.wishes.groups.flatMap((group) => (isIn(mailbox, group.of) ? group.events : [])) ?? []
    if (!events.includes('MailboxName') && !(mailbox.isSubscribed && events.includes('SubscriptionChange'))) continue
    output.text(`* LIST (\\NonExistent) "${delimiter}" ${context.mailboxName(name)}\r\n`)
  }
  watched.delete(id)
}

function reachingGroups(groups: readonly NotifyGroup[], owner: Owner): NotifyGroup[] {
  return groups.filter(({ of, events }) => events.length > 0 && reachesOwner(of, owner))
}

function namesOthers({ of }: NotifyGroup): boolean {
  if (of.source !== 'MAILBOXES' && of.source !== 'SUBTREE') return false
  return of.mailboxes.some((name) => `${name}${delimiter}`.startsWith(othersPrefix))
}
