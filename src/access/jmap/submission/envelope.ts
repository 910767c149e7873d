/**
 * The envelope of a submission: as the client gives it, or made from the email.
 *
 * Standards: RFC 8621 §7 (Envelope, Address), RFC 3461 (DSN parameters), RFC 4865 (FUTURERELEASE), RFC 6152, RFC 6531.
 */
import { normaliseAddress } from '../../../format/index.ts'
import {
  invalidProperties,
  isObject,
  member,
  parseUtcDate,
  SetError,
  type Json,
  type JsonObject,
} from '../../../protocol/jmap/index.ts'
import type { DeliverBy, Envelope, NotifyCondition, Recipient } from '../../../protocol/smtp/index.ts'
import { addressesIn, isAddress, type Outgoing } from './outgoing.ts'

/** JMAP's Address object. */
export interface EnvelopeAddress {
  readonly email: string
  readonly parameters: Readonly<Record<string, string | null>> | null
}

/** JMAP's Envelope object, checked. */
export interface JmapEnvelope {
  readonly mailFrom: EnvelopeAddress
  readonly rcptTo: readonly EnvelopeAddress[]
}

/** Throws `invalidProperties` for a malformed envelope; addresses are checked by `checkRecipients`. */
export function readEnvelopeProperty(value: Json): JmapEnvelope {
  if (!isObject(value)) throw invalidProperties('envelope', 'The envelope is not an object.')
  // QUIRK: go-jmap, which aerc sends with (seen with 0.20), writes the name in lower case.
  const mailFrom = addressOf(member(value, 'mailFrom') ?? member(value, 'mailfrom'), mailParameters)
  const rcptTo = member(value, 'rcptTo')
  if (mailFrom === undefined) throw invalidProperties('envelope', 'mailFrom is not a valid Address.')
  if (!Array.isArray(rcptTo) || Object.keys(value).length !== 2) {
    throw invalidProperties('envelope', 'An envelope has mailFrom and rcptTo.')
  }
  const recipients = rcptTo.map((item) => addressOf(item, recipientParameters))
  if (!recipients.every((recipient) => recipient !== undefined)) {
    throw invalidProperties('envelope', 'rcptTo is not an array of valid Address.')
  }
  return { mailFrom, rcptTo: recipients }
}

/** RFC 8621 §7: Sender or else From; To, Cc and Bcc without repetition. */
export function deriveEnvelope(
  outgoing: Outgoing,
  identityEmail: string,
  allowed: (address: string) => boolean,
): JmapEnvelope {
  const author = outgoing.sender ?? outgoing.from[0] ?? identityEmail
  const recipients = new Map<string, EnvelopeAddress>()
  for (const name of ['To', 'Cc', 'Bcc']) {
    for (const email of addressesIn(outgoing.header, name)) {
      const key = normaliseAddress(email)
      if (!recipients.has(key)) recipients.set(key, { email, parameters: null })
    }
  }
  const email = allowed(author) ? author : identityEmail
  return { mailFrom: { email, parameters: null }, rcptTo: [...recipients.values()] }
}

/** Throws `noRecipients`, `tooManyRecipients` or `invalidRecipients`. */
export function checkRecipients(envelope: JmapEnvelope, maxRecipients: number): void {
  const { rcptTo } = envelope
  if (rcptTo.length === 0) throw new SetError('noRecipients')
  if (rcptTo.length > maxRecipients) throw new SetError('tooManyRecipients', undefined, { maxRecipients })
  const invalid = rcptTo.map(({ email }) => email).filter((email) => !isAddress(email))
  if (invalid.length > 0) throw new SetError('invalidRecipients', undefined, { invalidRecipients: invalid })
}

type ParameterChecks = Readonly<Record<string, (value: string | null) => boolean>>

/** SIZE and BODY are let through but taken from the message itself. */
const mailParameters: ParameterChecks = {
  RET: (value) => /^(?:FULL|HDRS)$/i.test(value ?? ''),
  ENVID: (value) => /^[!-~]{1,100}$/.test(value ?? ''),
  SIZE: (value) => /^\d{1,20}$/.test(value ?? ''),
  BODY: (value) => /^(?:7BIT|8BITMIME)$/i.test(value ?? ''),
  SMTPUTF8: (value) => value === null,
  REQUIRETLS: (value) => value === null,
  'MT-PRIORITY': (value) => /^(?:0|-?[1-9])$/.test(value ?? ''),
  BY: (value) => /^(?:[-+]?\d{1,9};NT?|\+?0*[1-9]\d{0,8};RT?)$/i.test(value ?? ''),
  HOLDFOR: (value) => /^\d{1,9}$/.test(value ?? ''),
  HOLDUNTIL: (value) => parseUtcDate(value) !== undefined,
}

const recipientParameters: ParameterChecks = {
  NOTIFY: (value) => /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*)$/i.test(value ?? ''),
  // controls are what must not get through
  ORCPT: (value) => /^[A-Za-z0-9-]{1,64};[^\x00-\x1f\x7f]{1,500}$/.test(value ?? ''),
}

function addressOf(value: Json | undefined, checks: ParameterChecks): EnvelopeAddress | undefined {
  if (value === undefined || !isObject(value)) return undefined
  const { email, parameters = null, ...rest } = value
  if (typeof email !== 'string' || Object.keys(rest).length > 0) return undefined
  if (parameters === null) return { email, parameters }
  if (!isObject(parameters)) return undefined
  for (const [name, given] of Object.entries(parameters)) {
    const check = checks[name.toUpperCase()]
    if (check === undefined || (given !== null && typeof given !== 'string') || !check(given)) return undefined
  }
  return { email, parameters: parameters as Record<string, string | null> }
}

/**
 * The envelope as the transport takes it. Where the client gave no ENVID the submission's tag is one, so that reports from
 * anywhere can be told for its own (RFC 3461 §4.4).
 */
export function toSmtpEnvelope(envelope: JmapEnvelope, raw: Uint8Array, headerSize: number, tag: string): Envelope {
  const mail = parametersOf(envelope.mailFrom)
  const ret = mail['RET']?.toUpperCase() as 'FULL' | 'HDRS' | undefined
  const addresses = [envelope.mailFrom, ...envelope.rcptTo]
  const smtputf8 = addresses.some(({ email }) => hasHighUnit(email)) || hasHighOctet(raw, 0, headerSize)
  return {
    reversePath: envelope.mailFrom.email,
    recipients: envelope.rcptTo.map(toRecipient),
    smtputf8,
    body: hasHighOctet(raw, 0, raw.length) ? '8BITMIME' : '7BIT',
    ...(ret === undefined ? {} : { ret }),
    ...(mail['REQUIRETLS'] === undefined ? {} : { requireTls: true }),
    ...(Number(mail['MT-PRIORITY'] ?? 0) === 0 ? {} : { priority: Number(mail['MT-PRIORITY']) }),
    ...(mail['BY'] == null ? {} : { by: deliverBy(mail['BY']) }),
    envid: mail['ENVID'] ?? tag,
  }
}

function deliverBy(value: string): DeliverBy {
  const [seconds, mode = ''] = value.split(';')
  return {
    seconds: Number(seconds),
    mode: /^R/i.test(mode) ? 'return' : 'notify',
    trace: /T$/i.test(mode),
  }
}

function toRecipient(address: EnvelopeAddress): Recipient {
  const { NOTIFY: notify, ORCPT: orcpt } = parametersOf(address)
  return {
    address: address.email,
    ...(notify === undefined ? {} : { notify: notify.toUpperCase().split(',') as NotifyCondition[] }),
    ...(orcpt === undefined ? {} : { orcpt }),
  }
}

function parametersOf(address: EnvelopeAddress): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(address.parameters ?? {}).map(([name, value]) => [name.toUpperCase(), value ?? '']),
  )
}

function hasHighUnit(text: string): boolean {
  return /[^\0-\x7f]/.test(text)
}

function hasHighOctet(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > 0x7f) return true
  return false
}

/** What the store keeps of a submission is one row of at most 2 MB, and it is written after the message has gone. */
const maxEnvelopeSize = 400_000

/** For the stored record: plain JSON. Throws `tooLarge`. */
export function envelopeJson(envelope: JmapEnvelope): JsonObject {
  const text = JSON.stringify(envelope)
  if (text.length > maxEnvelopeSize) throw new SetError('tooLarge', 'The envelope is too large.')
  return JSON.parse(text) as JsonObject
}
