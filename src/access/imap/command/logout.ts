/** `LOGOUT` (RFC 9051 §6.1.3): BYE first, then the tagged OK; the bridge closes. */
import type { Context } from '../context.ts'

export function logout(context: Context, tag: string): undefined {
  context.output.text(`* BYE Goodbye\r\n${tag} OK Logged out\r\n`)
  context.output.control({ close: true })
  context.closed = true
}
