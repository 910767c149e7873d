/** `NAMESPACE` (RFC 9051 §6.3.10, RFC 2342): one personal namespace, without prefix. */
import type { Completion, Context } from '../context.ts'
import { delimiter } from '../mailbox-names.ts'

export function namespace(context: Context): Completion {
  context.output.text(`* NAMESPACE (("" "${delimiter}")) NIL NIL\r\n`)
  return { text: 'Namespaces listed' }
}
