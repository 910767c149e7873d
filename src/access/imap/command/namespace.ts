/**
 * `NAMESPACE` (RFC 9051 §6.3.10, RFC 2342): one personal namespace, without prefix, and that of others where mail can be shared,
 * whether somebody does or not: clients ask once.
 */
import type { Completion, Context } from '../context.ts'
import { delimiter } from '../mailbox-names.ts'
import { othersPrefix } from '../others/names.ts'

export function namespace(context: Context): Completion {
  const others = context.others === undefined ? 'NIL' : `(("${othersPrefix}" "${delimiter}"))`
  context.output.text(`* NAMESPACE (("" "${delimiter}")) ${others} NIL\r\n`)
  return { text: 'Namespaces listed' }
}
