/**
 * MAIL: a new transaction and its sender.
 *
 * Standards: RFC 5321 §4.1.1.2, RFC 1870 (SIZE), RFC 6152 and RFC 3030 (BODY), RFC 6531 §3.4 (SMTPUTF8),
 * RFC 3461 §4.3–4.4 (RET, ENVID), RFC 4954 §5 (AUTH), RFC 8689 §2 (REQUIRETLS), RFC 6710 §4.1 (MT-PRIORITY), RFC 2852 §4.1.1
 * (BY), RFC 4865 §5 (HOLDFOR, HOLDUNTIL).
 */
import type { Envelope } from '../../envelope.ts'
import { parsePath } from '../../path.ts'
import { type Parameters, parseParameters } from '../../parameter.ts'
import { decodeXtext } from '../../xtext.ts'
import type { Reply } from '../../reply.ts'
import type { MailEvent } from '../event.ts'
import { isAccepted, outOfSequence, refuse, type Session, type Step } from '../session.ts'

export function mail(session: Session, argument: string): Step {
  const { settings } = session
  if (session.hello === undefined) return outOfSequence('Send EHLO first')
  if (settings.mode === 'submission' && session.login === undefined)
    return refuse(530, '5.7.0', 'Authentication required')
  if (session.transaction !== undefined) return outOfSequence('Nested MAIL command')
  if (session.transactions >= settings.limits.transactions)
    return {
      kind: 'close',
      reply: { code: 421, enhanced: '4.7.0', text: 'Too many messages on this connection, open another' },
      reason: 'too many commands',
    }
  // QUIRK: a space after the colon is forbidden (§3.3) but widespread.
  const from = /^FROM: ?(?=<)/i.exec(argument)
  if (from === null) return refuse(501, '5.5.4', 'Syntax: MAIL FROM:<address>')
  const path = parsePath(argument.slice(from[0].length), 'reverse')
  if (path === undefined) return refuse(501, '5.1.7', 'Bad sender address syntax')
  const parameters = parseParameters(path.rest)
  if (parameters === undefined) return refuse(501, '5.5.4', 'Bad parameter syntax')
  const envelope: Envelope = { reversePath: path.address, recipients: [], smtputf8: false, body: '7BIT' }
  const event: MailEvent = { type: 'mail', envelope }
  const refusal = apply(session, parameters, event)
  if (refusal !== undefined) return refusal
  if (path.international && !envelope.smtputf8)
    return refuse(553, '5.6.7', 'Non-ASCII address without the SMTPUTF8 parameter')
  return {
    kind: 'ask',
    event,
    answered: (reply) => {
      if (isAccepted(reply)) {
        session.transactions++
        session.transaction = { envelope, received: 0, chunking: 'none', triedRecipients: false }
        return lowered(parameters, envelope)
      }
      return undefined
    },
  }
}

/** A priority that was asked for and not given is said in the answer (RFC 6710 §4.1). */
function lowered(parameters: Parameters, { priority = 0 }: Envelope): Reply | undefined {
  const asked = Number(parameters.get('MT-PRIORITY') ?? priority)
  return asked === priority ? undefined : { code: 250, enhanced: '2.3.6', text: `Priority is ${priority}` }
}

type Apply = (value: string, event: MailEvent, session: Session) => Step | undefined

const invalid = (keyword: string): Step => refuse(501, '5.5.4', `Invalid ${keyword} value`)

const known: Readonly<Record<string, Apply>> = {
  SIZE(value, event, { settings }) {
    if (!/^[0-9]{1,20}$/.test(value)) return invalid('SIZE')
    const size = Number(value)
    if (size > settings.maxMessageSize)
      return refuse(552, '5.3.4', `Message size exceeds the limit of ${settings.maxMessageSize} octets`)
    event.size = size
    return undefined
  },
  BODY(value, { envelope }, { settings }) {
    const body = value.toUpperCase()
    if (body !== '7BIT' && body !== '8BITMIME' && (body !== 'BINARYMIME' || !settings.extensions.has('BINARYMIME')))
      return invalid('BODY')
    envelope.body = body
    return undefined
  },
  SMTPUTF8(value, { envelope }, { settings }) {
    if (!settings.extensions.has('SMTPUTF8')) return unknown('SMTPUTF8')
    if (value !== '') return invalid('SMTPUTF8')
    envelope.smtputf8 = true
    return undefined
  },
  RET(value, { envelope }, { settings }) {
    if (!settings.extensions.has('DSN')) return unknown('RET')
    const ret = value.toUpperCase()
    if (ret !== 'FULL' && ret !== 'HDRS') return invalid('RET')
    envelope.ret = ret
    return undefined
  },
  ENVID(value, { envelope }, { settings }) {
    if (!settings.extensions.has('DSN')) return unknown('ENVID')
    const envid = value.length <= 100 ? decodeXtext(value) : undefined
    if (!envid) return invalid('ENVID')
    envelope.envid = envid
    return undefined
  },
  REQUIRETLS(value, { envelope }, { tlsActive }) {
    if (!tlsActive) return refuse(530, '5.7.10', 'REQUIRETLS needs a connection with TLS')
    if (value !== '') return invalid('REQUIRETLS')
    envelope.requireTls = true
    return undefined
  },
  'MT-PRIORITY'(value, { envelope }, { login }) {
    if (!/^(?:0|-?[1-9])$/.test(value)) return invalid('MT-PRIORITY')
    // Anyone may let others go first; only who is known to us may go before others.
    const priority = login === undefined ? Math.min(0, Number(value)) : Number(value)
    if (priority !== 0) envelope.priority = priority
    return undefined
  },
  BY(value, { envelope }) {
    const by = /^([-+]?[0-9]{1,9});([NR])(T?)$/i.exec(value)
    if (by === null) return invalid('BY')
    const seconds = Number(by[1])
    const mode = by[2]?.toUpperCase() === 'R' ? 'return' : 'notify'
    if (mode === 'return' && seconds <= 0) return invalid('BY')
    envelope.by = { seconds, mode, trace: by[3] !== '' }
    return undefined
  },
  HOLDFOR(value, { envelope }, { settings: { futureRelease } }) {
    if (futureRelease === undefined) return unknown('HOLDFOR')
    const seconds = Number(value)
    if (envelope.hold !== undefined || !/^[1-9][0-9]{0,8}$/.test(value)) return invalid('HOLDFOR')
    if (seconds > futureRelease.seconds) return refuse(501, '5.5.4', `HOLDFOR is more than ${futureRelease.seconds}`)
    envelope.hold = { seconds }
    return undefined
  },
  HOLDUNTIL(value, { envelope }, { settings: { futureRelease } }) {
    if (futureRelease === undefined) return unknown('HOLDUNTIL')
    const until = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,9})?Z$/.test(value)
      ? Date.parse(value)
      : Number.NaN
    if (envelope.hold !== undefined || Number.isNaN(until)) return invalid('HOLDUNTIL')
    if (until > futureRelease.until) return refuse(501, '5.5.4', 'HOLDUNTIL is too far away')
    envelope.hold = { until }
    return undefined
  },
  AUTH(value, event, { settings }) {
    if (settings.mode !== 'submission') return unknown('AUTH')
    const submitter = decodeXtext(value)
    if (!submitter) return invalid('AUTH')
    event.submitter = submitter
    return undefined
  },
}

function apply(session: Session, parameters: Parameters, event: MailEvent): Step | undefined {
  for (const [keyword, value] of parameters) {
    // After HELO no extension was negotiated (RFC 5321 §4.1.1.1).
    const handler = session.hello?.verb === 'EHLO' && Object.hasOwn(known, keyword) ? known[keyword] : undefined
    const refusal = handler === undefined ? unknown(keyword) : handler(value, event, session)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function unknown(keyword: string): Step {
  return refuse(555, '5.5.4', `Unsupported parameter ${keyword.slice(0, 40)}`)
}
