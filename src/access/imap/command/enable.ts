/** `ENABLE` (RFC 9051 §6.3.1, RFC 5161): names what is newly on; unknown names are passed over. */
import type { Completion, Context } from '../context.ts'
import type { Enabled } from '../session-state.ts'

const known: readonly Enabled[] = ['CONDSTORE', 'IMAP4rev2', 'UTF8=ACCEPT']

export function enable(context: Context, extensions: readonly string[]): Completion {
  const newly = known.filter((name) => extensions.includes(name.toUpperCase()) && !context.enabled.has(name))
  for (const name of newly) context.enabled.add(name)
  context.output.text(`* ENABLED${newly.map((name) => ` ${name}`).join('')}\r\n`)
  return { text: 'Enabled' }
}
