/** `ID` (RFC 2971): who is speaking. The client's own fields are not kept: nothing here may depend on them (§3). */
import type { Completion, Context } from '../context.ts'

export function id(context: Context): Completion {
  context.output.text('* ID ("name" "facteur")\r\n')
  return { text: 'Glad to know' }
}
