/**
 * Reads the heads of link requests: JSON made by a bridge out of what SMTP clients said. Whatever is not of the shape
 * that link-protocol.ts gives is refused as a whole.
 *
 * Standards: RFC 5321 §4.5.3.1 (lengths; generous here, the SMTP engine enforces them), RFC 3461 (DSN parameters).
 */
import type { Origin } from '../../../arrival/index.ts'
import type { LoginProof } from '../../../protocol/sasl/index.ts'
import { readProof } from '../../http/index.ts'
import { turnedAwayWhys } from '../../bridge/link/index.ts'
import type { DeliverBy, Envelope, Hold, NotifyCondition, Recipient } from '../../../protocol/smtp/index.ts'

/** RFC 5321 §4.5.3.1.8 asks for 100; the bridge's engine has its own, lower or equal, limit. */
const MAX_RECIPIENTS = 10_000
const MAX_TEXT = 4_096

export class HeadError extends Error {
  override readonly name = 'HeadError'
}

type Json = Readonly<Record<string, unknown>>

export function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new HeadError(`${what} is no object`)
  return value as Json
}

export function text(json: Json, name: string): string {
  const value = optional(json, name)
  if (value === undefined) throw new HeadError(`"${name}" is missing`)
  return value
}

export function optional(json: Json, name: string): string | undefined {
  const value = Object.hasOwn(json, name) ? json[name] : undefined
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string' || value.length > MAX_TEXT) throw new HeadError(`"${name}" is no text`)
  return value
}

/** What shows who logs in, of a head that says it. */
export function proof(json: Json): LoginProof {
  const shown = readProof(json)
  if (shown === undefined) throw new HeadError('there is not exactly one proof')
  return shown
}

export function envelope(value: unknown): Envelope {
  const json = object(value, 'envelope')
  const recipients = json.recipients
  if (!Array.isArray(recipients) || recipients.length === 0 || recipients.length > MAX_RECIPIENTS) {
    throw new HeadError('the envelope has no list of recipients')
  }
  const ret = oneOf(json, 'ret', ['FULL', 'HDRS'] as const)
  const envid = optional(json, 'envid')
  return {
    reversePath: text(json, 'reversePath'),
    recipients: recipients.map(recipient),
    smtputf8: json.smtputf8 === true,
    body: oneOf(json, 'body', ['7BIT', '8BITMIME', 'BINARYMIME'] as const) ?? '7BIT',
    ...(ret === undefined ? {} : { ret }),
    ...(envid === undefined ? {} : { envid }),
    ...(json.requireTls === true ? { requireTls: true } : {}),
    ...(json.priority === undefined ? {} : { priority: whole(json, 'priority', -9, 9) }),
    ...(json.by === undefined ? {} : { by: deliverBy(json.by) }),
    ...(json.hold === undefined ? {} : { hold: hold(json.hold) }),
  }
}

function deliverBy(value: unknown): DeliverBy {
  const json = object(value, 'by')
  return {
    seconds: whole(json, 'seconds', -999_999_999, 999_999_999),
    mode: oneOf(json, 'mode', ['return', 'notify'] as const) ?? 'notify',
    trace: json.trace === true,
  }
}

function hold(value: unknown): Hold {
  const json = object(value, 'hold')
  return json.until === undefined
    ? { seconds: whole(json, 'seconds', 0, 999_999_999) }
    : { until: whole(json, 'until', 0, Number.MAX_SAFE_INTEGER) }
}

function whole(json: Json, name: string, least: number, most: number): number {
  const value = json[name]
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
  throw new HeadError(`"${name}" is no number from ${least} to ${most}`)
}

export function recipient(value: unknown): Recipient {
  const json = object(value, 'recipient')
  const orcpt = optional(json, 'orcpt')
  const notify = notifyConditions(json.notify)
  return {
    address: text(json, 'address'),
    ...(notify === undefined ? {} : { notify }),
    ...(orcpt === undefined ? {} : { orcpt }),
  }
}

function notifyConditions(value: unknown): NotifyCondition[] | undefined {
  if (value === undefined || value === null) return undefined
  const known: readonly unknown[] = ['NEVER', 'SUCCESS', 'FAILURE', 'DELAY']
  if (!Array.isArray(value) || !value.every((one) => known.includes(one))) throw new HeadError('"notify" is malformed')
  return value as NotifyCondition[]
}

/** The counts of known reasons. */
export function turnedAway(value: unknown): Record<string, number> {
  const json = object(value, 'counts')
  const named = turnedAwayWhys.filter((why) => json[why] !== undefined)
  return Object.fromEntries(named.map((why) => [why, whole(json, why, 0, Number.MAX_SAFE_INTEGER)]))
}

const protocols = [
  'SMTP',
  'ESMTP',
  'ESMTPS',
  'ESMTPA',
  'ESMTPSA',
  'UTF8SMTP',
  'UTF8SMTPS',
  'UTF8SMTPA',
  'UTF8SMTPSA',
] as const

/** Whether the message asked for SMTPUTF8 is the envelope's to say, so `UTF8SMTP…` is read as `ESMTP…`. */
export function origin(value: unknown): Origin {
  const json = object(value, 'origin')
  const kind = oneOf(json, 'kind', ['smtp', 'submission'] as const)
  const protocol = oneOf(json, 'protocol', protocols)
  if (kind === undefined || protocol === undefined) throw new HeadError('the origin is incomplete')
  const tls = json.tls === undefined || json.tls === null ? undefined : object(json.tls, 'tls')
  const accountId = optional(json, 'accountId')
  const screened = json.screened === undefined ? undefined : object(json.screened, 'screened')
  const junk = screened && optional(screened, 'junk')
  return {
    kind,
    protocol: protocol.replace('UTF8SMTP', 'ESMTP') as NonNullable<Origin['protocol']>,
    clientAddress: text(json, 'clientAddress'),
    helo: text(json, 'helo'),
    transactionId: text(json, 'transactionId'),
    ...(tls === undefined ? {} : { tls: { version: text(tls, 'version'), cipher: text(tls, 'cipher') } }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(screened && {
      screened: { ...(junk !== undefined && { junk }), ...(screened.welcome === true && { welcome: true }) },
    }),
  }
}

function oneOf<T extends string>(json: Json, name: string, values: readonly T[]): T | undefined {
  const value = optional(json, name)
  if (value === undefined) return undefined
  if (!(values as readonly string[]).includes(value)) throw new HeadError(`"${name}" is unknown`)
  return value as T
}
