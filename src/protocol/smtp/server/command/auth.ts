/**
 * AUTH: a SASL exchange in base64 lines.
 *
 * Standards: RFC 4954. Limits: `limits.authLine` for each line (§4), `limits.authFailures` for a connection.
 * Security: offered only where the password cannot be overheard. No reply repeats what the client sent.
 */
import { decodeBase64, encodeBase64, latin1 } from '../../../../format/index.ts'
import { type SaslCredentials, saslServer, type SaslServer, type SaslStep } from '../../../sasl/index.ts'
import type { Input } from '../../input.ts'
import type { Reply } from '../../reply.ts'
import {
  mayAuthenticate,
  outOfSequence,
  type Reader,
  refuse,
  saslSetting,
  type Session,
  type Step,
} from '../session.ts'

const malformedBase64 = refuse(501, '5.5.2', 'Invalid base64')

export function auth(session: Session, argument: string): Step {
  if (session.settings.mode !== 'submission') return refuse(502, '5.5.1', 'Authentication is not offered here')
  if (session.hello?.verb !== 'EHLO') return outOfSequence('Send EHLO first')
  if (session.login !== undefined) return outOfSequence('Already authenticated')
  if (session.transaction !== undefined) return outOfSequence('Not during a mail transaction')
  if (!mayAuthenticate(session)) return refuse(538, '5.7.11', 'Encryption required: use STARTTLS first')
  const [mechanism = '', initial, ...more] = argument.split(/ +/)
  if (mechanism === '' || more.length > 0) return refuse(501, '5.5.4', 'Syntax: AUTH mechanism [initial-response]')
  const exchange = saslServer(mechanism, saslSetting(session))
  if (exchange === undefined) return refuse(504, '5.5.4', 'Unknown authentication mechanism')
  if (initial === undefined) return proceed(session, exchange, undefined)
  // `=` says: an initial response, and it is empty (§4).
  const response = initial === '=' ? new Uint8Array(0) : decodeBase64(initial)
  return response === undefined ? malformedBase64 : proceed(session, exchange, response)
}

function proceed(session: Session, exchange: SaslServer, response: Uint8Array | undefined): Step {
  const step = exchange.step(response)
  switch (step.type) {
    case 'malformed':
      return refuse(501, '5.5.2', step.reason)
    case 'refused':
      return refuse(535, '5.7.8', step.reason)
    case 'challenge':
      return { kind: 'reply', reply: challenge(session, exchange, step.data) }
    case 'ask':
      return {
        kind: 'ask',
        event: {
          type: 'auth-question',
          question: step.question,
          continue: (answer) => answered(session, exchange, exchange.answered?.(answer)),
        },
        answered: (reply) => failed(session, reply),
      }
    case 'credentials':
      return check(session, exchange, step.credentials)
  }
}

function check(session: Session, exchange: SaslServer, credentials: SaslCredentials): Step {
  return {
    kind: 'ask',
    event: { type: 'auth', mechanism: exchange.mechanism, credentials },
    answered: (reply) => {
      if (reply.code === 235) session.login = credentials.authenticationId
      failed(session, reply)
      const last = session.authFailures >= session.settings.limits.authFailures
      if (reply.code < 500 || last || exchange.failure === undefined) return undefined
      // The client is told why, responds to it, and only then is the exchange over (RFC 7628 §3.2.3).
      session.reader = new Continuation(undefined, reply)
      return { code: 334, text: encodeBase64(exchange.failure) }
    },
  }
}

function failed(session: Session, reply: Reply): undefined {
  if (reply.code >= 500) session.authFailures++
}

/** Sends a challenge, and waits for the response. */
function challenge(session: Session, exchange: SaslServer, data: Uint8Array): Reply {
  session.reader = new Continuation(exchange)
  return { code: 334, text: encodeBase64(data) }
}

function answered(session: Session, exchange: SaslServer, step: SaslStep | undefined): Reply {
  if (step?.type !== 'challenge') throw new Error('an answer of the accounts leads to a challenge')
  return challenge(session, exchange, step.data)
}

/** Waits for the client's next line of the exchange. */
class Continuation implements Reader {
  readonly #exchange: SaslServer | undefined
  readonly #refusal: Reply | undefined

  /** Without an exchange: whatever comes, `refusal` answers it. */
  constructor(exchange: SaslServer | undefined, refusal?: Reply) {
    this.#exchange = exchange
    this.#refusal = refusal
  }

  read(session: Session, input: Input): Step | undefined {
    const line = input.line(session.settings.limits.authLine)
    if (line === undefined) return undefined
    session.reader = undefined
    if (line.kind === 'bare line feed')
      return {
        kind: 'close',
        reply: { code: 521, enhanced: '5.5.2', text: 'Lines must end with CRLF' },
        reason: 'bare line feed in a command',
      }
    if (this.#refusal !== undefined) return { kind: 'reply', reply: this.#refusal }
    if (line.kind === 'too long' || this.#exchange === undefined)
      return refuse(500, '5.5.6', 'Authentication exchange line is too long')
    const text = latin1(line.bytes)
    if (text === '*') return refuse(501, '5.7.0', 'Authentication cancelled')
    const response = decodeBase64(text)
    return response === undefined ? malformedBase64 : proceed(session, this.#exchange, response)
  }
}
