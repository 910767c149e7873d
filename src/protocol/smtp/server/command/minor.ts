/**
 * The commands without a story: RSET, NOOP, VRFY, EXPN, HELP, QUIT.
 *
 * Standards: RFC 5321 §4.1.1.5–4.1.1.10, §3.5.3 (252).
 */
import { formatReply } from '../../reply.ts'
import { refuse, resetTransaction, type Session, type Step } from '../session.ts'

export function rset(session: Session, argument: string): Step {
  if (argument !== '') return refuse(501, '5.5.4', 'RSET takes no parameters')
  const open = session.transaction !== undefined
  resetTransaction(session)
  const reply = { code: 250, enhanced: '2.0.0', text: 'Forgotten' }
  return open ? { kind: 'event', event: { type: 'reset', bytes: formatReply(reply) } } : { kind: 'reply', reply }
}

export function noop(): Step {
  return { kind: 'reply', reply: { code: 250, enhanced: '2.0.0', text: 'OK' } }
}

export function verify(session: Session, verb: 'VRFY' | 'EXPN', argument: string): Step {
  if (session.settings.mode === 'submission' && session.login === undefined)
    return refuse(530, '5.7.0', 'Authentication required')
  if (argument === '') return refuse(501, '5.5.4', `Syntax: ${verb} name`)
  return { kind: 'ask', event: { type: 'verify', verb, argument }, answered: () => undefined }
}

export function help(): Step {
  const text = ['EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY', 'EXPN HELP STARTTLS AUTH QUIT: see RFC 5321']
  return { kind: 'reply', reply: { code: 214, enhanced: '2.0.0', text } }
}

/** Always obeyed, whatever else stands on the line: the client is leaving. */
export function quit(session: Session): Step {
  resetTransaction(session)
  const text = `${session.settings.hostname} closing the connection`
  return { kind: 'event', event: { type: 'quit', bytes: formatReply({ code: 221, enhanced: '2.0.0', text }) } }
}
