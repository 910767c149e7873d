/** `IDLE` (RFC 9051 §6.3.13, RFC 2177): tells what has happened so far; from here on the session tells at once. */
import type { Context } from '../context.ts'

export function idle(context: Context, tag: string): undefined {
  context.output.text('+ idling\r\n')
  context.sync(true)
  context.idle = tag
  // What the account of somebody else has to tell is asked for behind this.
  if (context.visiting !== undefined) context.visiting.hasNews = true
  context.output.flush()
}
