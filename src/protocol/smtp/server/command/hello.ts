/**
 * EHLO and HELO: who is there, and what we can do.
 *
 * Standards: RFC 5321 §4.1.1.1, §4.1.4 (a later EHLO resets), and one for each keyword below.
 */
import { saslMechanisms } from '../../../sasl/index.ts'
import { formatReply, type Reply } from '../../reply.ts'
import { mayAuthenticate, resetTransaction, saslSetting, type Session, type Step } from '../session.ts'

export function hello(session: Session, verb: 'EHLO' | 'HELO', argument: string): Step {
  // Names that are not well-formed are common and harmless (§4.1.4: do not refuse on them); ones that could hurt a log are not.
  const name = argument.split(' ', 1)[0] as string
  if (!/^[\x21-\x7e]{1,255}$/.test(name))
    return { kind: 'reply', reply: { code: 501, text: `Syntax: ${verb} hostname` }, plain: true }
  resetTransaction(session)
  session.hello = { verb, name }
  const { hostname } = session.settings
  const reply: Reply = { code: 250, text: verb === 'HELO' ? hostname : [hostname, ...keywords(session)] }
  return { kind: 'event', event: { type: 'hello', verb, name, bytes: formatReply(reply) } }
}

function keywords(session: Session): string[] {
  const { settings, tlsActive } = session
  const offered = [
    'PIPELINING', // RFC 2920
    `SIZE ${settings.maxMessageSize}`, // RFC 1870
    '8BITMIME', // RFC 6152
    'ENHANCEDSTATUSCODES', // RFC 2034
  ]
  for (const keyword of ['SMTPUTF8', 'DSN', 'CHUNKING', 'BINARYMIME'] as const)
    if (settings.extensions.has(keyword)) offered.push(keyword)
  if (settings.extensions.has('LIMITS'))
    offered.push(`LIMITS MAILMAX=${figure(settings.limits.transactions)} RCPTMAX=${figure(settings.limits.recipients)}`) // RFC 9422
  offered.push('MT-PRIORITY', 'DELIVERBY') // RFC 6710, RFC 2852
  if (settings.futureRelease !== undefined) {
    const { seconds, until } = settings.futureRelease
    offered.push(`FUTURERELEASE ${seconds} ${new Date(until).toISOString().replace(/\.\d+/, '')}`) // RFC 4865
  }
  if (settings.startTls && !tlsActive) offered.push('STARTTLS') // RFC 3207
  if (tlsActive) offered.push('REQUIRETLS') // RFC 8689
  if (mayAuthenticate(session) && session.login === undefined)
    offered.push(`AUTH ${saslMechanisms(saslSetting(session)).join(' ')}`) // RFC 4954
  return offered
}

/** Limits are said in at most six digits (RFC 9422). */
function figure(limit: number): number {
  return Math.min(limit, 999_999)
}
