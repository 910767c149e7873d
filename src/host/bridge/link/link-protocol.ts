/**
 * The requests of the link and their answers, as both ends write them (JSON heads of frames).
 *
 * Every answer may instead be `{ error: string }`: the Worker could not do it now; the bridge treats that as temporary.
 */

import type { LoginProof, SaslAnswer, ScramProof, ScramSalt } from '../../../protocol/sasl/index.ts'
import type { Envelope, Recipient, Reply } from '../../../protocol/smtp/index.ts'
import type { DoorPolicy } from './door-policy.ts'

/** Where a message came from, as the bridge knows it; the Worker believes it because the bridge holds the secret. */
export interface LinkOrigin {
  readonly kind: 'smtp' | 'submission'
  readonly clientAddress: string
  /** The EHLO or HELO argument: a claim. */
  readonly helo: string
  /** RFC 3848 "with" keyword; that a message is internationalised is in its envelope. */
  readonly protocol: 'SMTP' | 'ESMTP' | 'ESMTPS' | 'ESMTPA' | 'ESMTPSA'
  readonly tls?: { readonly version: string; readonly cipher: string }
  /** Set after authentication. */
  readonly accountId?: string
  /** What `client` said of it. */
  readonly screened?: { readonly junk?: string; readonly welcome?: true }
  /** Unique for the transaction: in the trace header and in the bridge's log. */
  readonly transactionId: string
}

export interface HelloRequest {
  readonly op: 'hello'
  readonly name: string
  readonly version: string
}

export interface HelloAnswer {
  readonly hostname: string
  readonly maxMessageSize: number
  /** Requests after which the bridge moves to a fresh link: Workers bound what one request may do. */
  readonly maxRequests?: number
  /** What strangers meet at the door for mail. */
  readonly door?: DoorPolicy
}

/** What is known of this client? Asked when it connects, and needed at its first recipient. */
export interface ClientRequest {
  readonly op: 'client'
  readonly clientAddress: string
}

export interface ClientAnswer {
  /** For its recipients, but those who can help. */
  readonly refusal?: Reply
  readonly junk?: string
  readonly welcome?: true
}

/** `login` is empty when only the token says whose it is. */
export type AuthenticateRequest = {
  readonly op: 'authenticate'
  readonly service: 'submission'
  readonly login: string
  readonly clientAddress: string
} & LoginProof

export type AuthenticateAnswer =
  | { readonly ok: true; readonly accountId: string; readonly address: string }
  | { readonly ok: false; readonly temporary: boolean; readonly text: string }

/** How does a client hash the password of this account (RFC 5802 §5.1)? Answered for logins that do not exist, too. */
export interface ScramSaltRequest {
  readonly op: 'scram-salt'
  readonly login: string
}

/** Is this proof right? Asked before the client may trust the server; `authenticate` or a session shows it again. */
export interface ScramProofRequest {
  readonly op: 'scram-proof'
  readonly login: string
  readonly clientAddress: string
  readonly scram: ScramProof
}

export type ScramProofAnswer =
  | { readonly ok: true; readonly signature: string }
  | { readonly ok: false; readonly temporary: boolean; readonly text: string }

/** Why strangers were turned away: on a list, new, writing to nobody, relaying or refused by a rule, or too often here. */
export const turnedAwayWhys = ['list', 'greylist', 'unknown', 'denied', 'rate', 'other'] as const
export type TurnedAwayWhy = (typeof turnedAwayWhys)[number]

/** How many connections, messages and recipients since the last time; for metrics. Any answer will do. */
export interface TurnedAwayRequest {
  readonly op: 'turned-away'
  readonly counts: Partial<Record<TurnedAwayWhy, number>>
}

/** May this account send with this reverse-path? */
export interface SenderRequest {
  readonly op: 'sender'
  readonly accountId: string
  readonly address: string
}

export interface RecipientRequest {
  readonly op: 'recipient'
  readonly reversePath: string
  readonly recipient: Recipient
  readonly origin: LinkOrigin
}

/** Body: the message, byte for byte. */
export interface DeliverRequest {
  readonly op: 'deliver'
  readonly envelope: Envelope
  readonly origin: LinkOrigin
}

/** The answer to `sender`, `recipient` and `deliver`: what the SMTP client is told. */
export interface ReplyAnswer {
  readonly reply: Reply
}

export type LinkRequest =
  | HelloRequest
  | ClientRequest
  | TurnedAwayRequest
  | AuthenticateRequest
  | ScramSaltRequest
  | ScramProofRequest
  | SenderRequest
  | RecipientRequest
  | DeliverRequest

/** Reads a reply out of an answer's head; undefined when there is none that may go on the wire. */
export function replyOf(head: unknown): Reply | undefined {
  return readReply((head as Partial<ReplyAnswer> | null)?.reply)
}

/** Reads the answer to `client`; what is malformed says nothing against it. */
export function clientOf(head: unknown): ClientAnswer {
  const { refusal, junk, welcome } = (head ?? {}) as Record<string, unknown>
  const reply = readReply(refusal)
  return {
    ...(reply !== undefined && reply.code >= 400 && { refusal: reply }),
    ...(typeof junk === 'string' && { junk }),
    ...(welcome === true && { welcome }),
  }
}

function readReply(reply: unknown): Reply | undefined {
  if (typeof reply !== 'object' || reply === null) return undefined
  const { code, enhanced, text } = reply as Reply
  if (!Number.isInteger(code) || code < 200 || code > 599) return undefined
  if (typeof text !== 'string' && !(Array.isArray(text) && text.every((line) => typeof line === 'string')))
    return undefined
  if (enhanced === undefined) return { code, text }
  return typeof enhanced === 'string' && /^[245]\.\d{1,3}\.\d{1,3}$/.test(enhanced)
    ? { code, enhanced, text }
    : { code, text }
}

/** Reads the answer to `authenticate`; anything malformed counts as a temporary failure, never as a success. */
export function authenticationOf(head: unknown): AuthenticateAnswer {
  const answer = (head ?? {}) as Record<string, unknown>
  if (answer.ok === true && typeof answer.accountId === 'string' && typeof answer.address === 'string') {
    return { ok: true, accountId: answer.accountId, address: answer.address }
  }
  if (answer.ok === false) {
    return { ok: false, temporary: answer.temporary === true, text: typeof answer.text === 'string' ? answer.text : '' }
  }
  return { ok: false, temporary: true, text: '' }
}

const base64 = /^[A-Za-z0-9+/]{4,200}={0,2}$/

/** Reads the answer to `scram-salt`; undefined when there is none that may go on the wire. */
export function saltOf(head: unknown): ScramSalt | undefined {
  const { salt, iterations } = (head ?? {}) as Record<string, unknown>
  if (typeof salt !== 'string' || !base64.test(salt)) return undefined
  return Number.isSafeInteger(iterations) && (iterations as number) > 0
    ? { salt, iterations: iterations as number }
    : undefined
}

/** Reads the answer to `scram-proof`; anything malformed counts as a temporary failure, never as a success. */
export function signatureOf(
  head: unknown,
): { ok: true; answer: SaslAnswer } | { ok: false; temporary: boolean; text: string } {
  const answer = (head ?? {}) as Record<string, unknown>
  const { signature } = answer
  if (answer.ok === true && typeof signature === 'string' && base64.test(signature)) {
    return { ok: true, answer: { signature } }
  }
  const refused = answer.ok === false && answer.temporary === false
  return { ok: false, temporary: !refused, text: refused && typeof answer.text === 'string' ? answer.text : '' }
}
