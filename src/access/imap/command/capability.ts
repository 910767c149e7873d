/** `CAPABILITY` (RFC 9051 §6.1.1). */
import { capabilities } from '../capability.ts'
import type { Completion, Context } from '../context.ts'

export function capability(context: Context): Completion {
  context.output.text(`* CAPABILITY ${capabilities(context)}\r\n`)
  return { text: 'Capabilities listed' }
}
