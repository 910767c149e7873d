/** `ENABLE` (RFC 9051 §6.3.1, RFC 5161): names what is newly on; unknown names are passed over. */
import type { Completion, Context } from '../context.ts'
import type { Enabled } from '../session-state.ts'

const known: readonly Enabled[] = ['CONDSTORE', 'IMAP4rev2', 'QRESYNC', 'UIDONLY', 'UTF8=ACCEPT']

export function enable(context: Context, extensions: readonly string[]): Completion {
  const newly = known.filter((name) => extensions.includes(name.toUpperCase()) && !context.enabled.has(name))
  for (const name of newly) context.enabled.add(name)
  // RFC 7162 §3.2.3: QRESYNC means CONDSTORE too, which is not named for it.
  if (context.enabled.has('QRESYNC')) context.enabled.add('CONDSTORE')
  context.output.text(`* ENABLED${newly.map((name) => ` ${name}`).join('')}\r\n`)
  return { text: 'Enabled' }
}
