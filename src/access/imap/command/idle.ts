/** `IDLE` (RFC 9051 §6.3.13, RFC 2177): tells what has happened so far; from here on the session tells at once. */
import type { Context } from '../context.ts'

export function idle(context: Context, tag: string): undefined {
  context.output.text('+ idling\r\n')
  context.sync(true)
  context.idle = tag
  context.output.flush()
}
