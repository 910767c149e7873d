/**
 * `NOTIFY`.
 *
 * Standards: RFC 5465 §3.1.
 */
import { no, type NotifyCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { namedMailboxes } from '../mailbox-names.ts'
import { firstFigures } from '../notify/figures.ts'
import { Watch } from '../notify/watch.ts'
import { statusLine } from './status.ts'

export function notify(context: Context, { wishes, status }: NotifyCommand): Completion {
  // It is kept with the session over its sleep.
  if (JSON.stringify(wishes).length > context.limits.notify) {
    throw no('Too much to keep watch of', 'NOTIFICATIONOVERFLOW')
  }
  const watch = new Watch(context, wishes)
  context.watch = watch
  if (wishes.selected?.fetch?.some(({ item }) => item === 'MODSEQ')) context.enabled.add('CONDSTORE')
  for (const named of status ? namedMailboxes(context.store).values() : []) {
    const { mailbox, name } = named
    if (mailbox.id === context.selected?.mailbox) continue
    const items = firstFigures(watch.eventsOf({ ...mailbox, name }))
    if (items.length > 0) context.output.text(statusLine(context, named, items))
  }
  return { text: 'NOTIFY completed' }
}
