/**
 * STARTTLS: the rest of the dialogue is to be private.
 *
 * Standards: RFC 3207. Security: bytes that come with or after the command in plain text never survive the handshake
 * (the command injection of CVE-2011-0411): the command is refused and the connection closed when some are there already.
 */
import type { Input } from '../../input.ts'
import { outOfSequence, refuse, type Session, type Step } from '../session.ts'

export const injectionReply = { code: 554, enhanced: '5.5.1', text: 'Data after STARTTLS' } as const

export function startTls(session: Session, argument: string, input: Input): Step {
  if (!session.settings.startTls) return refuse(502, '5.5.1', 'STARTTLS is not available')
  if (session.tlsActive) return outOfSequence('TLS is already active')
  if (argument !== '') return refuse(501, '5.5.4', 'STARTTLS takes no parameters')
  if (session.hello === undefined) return outOfSequence('Send EHLO first')
  if (!input.empty) return { kind: 'close', reply: injectionReply, reason: 'data after STARTTLS' }
  return { kind: 'ask', event: { type: 'starttls' }, answered: () => undefined }
}
