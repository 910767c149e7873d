/**
 * Sends one email: checks it, its sender and its envelope, hands it over or holds it until its time, records the submission.
 *
 * Standards: RFC 8621 §7, §7.5.
 */
import { withoutBcc } from '../../../format/index.ts'
import { parseEmailId, type Email, type Identity, type Submission } from '../../../mailbox/index.ts'
import {
  invalidProperties,
  member,
  resolveId,
  SetError,
  type CallContext,
  type Json,
  type JsonObject,
} from '../../../protocol/jmap/index.ts'
import { replyText } from '../../../protocol/smtp/index.ts'
import type { OwnContext } from '../context.ts'
import { findIdentity } from '../identity.ts'
import { allows, isWildcard, maySendAs } from '../sender.ts'
import { checkRecord, isString } from '../standard/record.ts'
import type { SubmissionResult } from '../submission-port.ts'
import { statusesAfter } from './delivery-status.ts'
import {
  checkRecipients,
  deriveEnvelope,
  envelopeJson,
  readEnvelopeProperty,
  toSmtpEnvelope,
  type JmapEnvelope,
} from './envelope.ts'
import { checkOutgoing, isAddress, type Outgoing } from './outgoing.ts'
import { releaseTime } from './release-time.ts'

const checks = {
  identityId: isString,
  emailId: isString,
  envelope: () => true,
  // QUIRK: meli (seen with 0.8.11) says what the server sets, and does not look whether the message was refused for it.
  undoStatus: (value: Json) => value === 'final',
}

/** Throws SetError, and then nothing has been sent. */
export async function send(context: OwnContext, call: CallContext, value: JsonObject): Promise<Submission> {
  checkRecord(value, checks)
  const { identity, email } = expectBoth(context, call, value)
  refuseLarge(context, email.size)
  const raw = await context.store.reading(() => context.store.raw(email.id))
  if (raw === undefined) throw invalidProperties('emailId', 'There is no such email.')
  const outgoing = checkOutgoing(raw)
  const given = member(value, 'envelope') ?? null
  const envelope = given === null ? derived(context, outgoing, identity) : readEnvelopeProperty(given)
  await checkSender(context, outgoing, envelope)
  checkRecipients(envelope, context.limits.maxRecipients)
  const record = envelopeJson(envelope)
  const message = withoutBcc(raw, outgoing.header)
  const headerSize = email.headerSize - (raw.length - message.length)
  const { outbox, store } = context
  const now = context.clock()
  const sendAt = releaseTime(envelope, now, context.limits.maxDelayedSend)
  const tag = context.ids()
  const facts = { identityId: identity.id, emailId: email.id, threadId: email.threadId, envelope: record, sendAt, tag }
  if (sendAt > now) {
    const held = { ...facts, undoStatus: 'pending', deliveryStatus: null, hold: email.blob } as const
    const submission = store.createSubmission(held)
    outbox.wakeAt(sendAt)
    return submission
  }
  const smtp = toSmtpEnvelope(envelope, message, headerSize, tag)
  const result = await outbox.handOver(tag, () => context.submit.submit(smtp, message, { tag }))
  const deliveryStatus = outbox.settle(tag, statusesAfter(envelope, result.reply, result.delivered ?? []))
  if (!result.accepted) throw refusal(result, envelope, context)
  return store.createSubmission({ ...facts, undoStatus: 'final', deliveryStatus })
}

/** Throws `invalidProperties` naming both when neither is there. */
function expectBoth(context: OwnContext, call: CallContext, value: JsonObject): { identity: Identity; email: Email } {
  const resolved = (name: string): string | undefined => {
    const id = member(value, name)
    return typeof id === 'string' ? resolveId(id, call.createdIds) : undefined
  }
  const identityId = resolved('identityId')
  const identity = identityId === undefined ? undefined : findIdentity(context, identityId)
  const emailId = parseEmailId(resolved('emailId') ?? '')
  const email = emailId === undefined ? undefined : context.store.email(emailId)
  if (identity !== undefined && email !== undefined) return { identity, email }
  const missing = [...(identity === undefined ? ['identityId'] : []), ...(email === undefined ? ['emailId'] : [])]
  throw invalidProperties(missing, 'There is no such identity or email.')
}

/** An identity for a whole domain has no address to fall back on: then it is the account's. */
function derived(context: OwnContext, outgoing: Outgoing, { email }: Identity): JmapEnvelope {
  const fallback = isWildcard(email) ? context.account.address : email
  return deriveEnvelope(outgoing, fallback, (address) => allows(email, address))
}

/** The account must own every author, the sender and the envelope sender. Throws `forbiddenFrom`, `forbiddenMailFrom`. */
async function checkSender(context: OwnContext, outgoing: Outgoing, envelope: JmapEnvelope): Promise<void> {
  const authors = outgoing.sender === undefined ? outgoing.from : [...outgoing.from, outgoing.sender]
  for (const address of authors) {
    if (!(await maySendAs(context, address))) {
      throw new SetError('forbiddenFrom', `This account may not send as ${address}.`)
    }
  }
  const { email } = envelope.mailFrom
  if (!isAddress(email) || !(await maySendAs(context, email))) {
    throw new SetError('forbiddenMailFrom', 'This account may not send with that envelope sender.')
  }
}

function refuseLarge(context: OwnContext, size: number): void {
  const maxSize = context.limits.maxSizeEmail
  if (size > maxSize) throw new SetError('tooLarge', undefined, { maxSize })
}

/** What a reply of the transport means to the client (RFC 3463 §3). */
function refusal({ reply }: SubmissionResult, envelope: JmapEnvelope, context: OwnContext): SetError {
  const description = replyText(reply)
  const detail = reply.enhanced?.slice(2) ?? ''
  if (reply.code === 552 || detail === '3.4' || detail === '2.3') {
    return new SetError('tooLarge', description, { maxSize: context.limits.maxSizeEmail })
  }
  if (reply.code >= 500 && /^1\.[1-3]$/.test(detail)) {
    const invalidRecipients = envelope.rcptTo.map(({ email }) => email)
    return new SetError('invalidRecipients', description, { invalidRecipients })
  }
  return new SetError('forbiddenToSend', description)
}
