/** `CANCELUPDATE` (RFC 5267 §4.3.5). Of what is not followed any more there are no updates to cancel. */
import type { Completion, Context } from '../context.ts'

export function cancelUpdate(context: Context, tags: readonly string[]): Completion {
  context.mailbox.live.cancel(tags)
  return { text: 'No further updates' }
}
