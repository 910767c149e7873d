/**
 * Brings what a program wants to send to its account, and says what the account answered in HTTP's words.
 *
 * Standards: draft-ietf-httpapi-idempotency-key-header (§2.7: 422 for a key that was used), RFC 9110 §15.
 */
import {
  composeMessage,
  formatSentMessageId,
  type SendOrder,
  type SendOutcome,
  type SentMessageId,
} from '../../../access/api/index.ts'
import { replyText } from '../../../protocol/smtp/index.ts'
import type { House } from '../house.ts'
import type { Caller } from './caller.ts'
import { Answer } from './endpoint.ts'
import { ApiFault } from './fault.ts'
import { notComposable, type WantedMessage } from './message-request.ts'
import { noMessage } from './sent-message.ts'

/** As JMAP's maxDelayedSend. */
const longestHold = 30 * 86_400_000

export async function sendMessage(house: House, wanted: WantedMessage, caller: Caller, request: Request) {
  const { mail } = house
  const now = house.now()
  caller.expectAddress(wanted.account)
  const accountId = await mail.accountOf(wanted.account)
  if (accountId === undefined) {
    const pointer = wanted.account === wanted.from ? '#/from' : '#/account'
    const detail = `there is no account ${wanted.account}; say in "account" who sends`
    throw new ApiFault(422, detail, { errors: [{ pointer, detail }] })
  }
  const { from, recipients, sendAt, copy } = wanted
  if (sendAt !== undefined && sendAt > now + longestHold) {
    const detail = 'is more than 30 days from now'
    throw new ApiFault(400, `"sendAt" ${detail}`, { errors: [{ pointer: '#/sendAt', detail }] })
  }
  const key = keyOf(request)
  const secret = key === undefined ? mail.randomText(24) : await digest(`${accountId}\n${key}`)
  const transactionId = await mail.transactionOf(secret)
  const raw = rawOf(wanted, { transactionId, now, domain: from.slice(from.lastIndexOf('@') + 1) })
  if (raw.length > mail.maxMessageSize)
    throw new ApiFault(413, `the message is larger than ${mail.maxMessageSize} bytes`)
  const order: SendOrder = {
    raw,
    from,
    recipients,
    transactionId,
    copy,
    tag: secret,
    ...(sendAt === undefined ? {} : { sendAt }),
    ...(key === undefined ? {} : { key, fingerprint: await fingerprintOf(wanted) }),
  }
  return answerTo(await mail.send(accountId, order), { accountId, transactionId }, wanted)
}

function rawOf({ content }: WantedMessage, facts: { transactionId: string; now: number; domain: string }): Uint8Array {
  if ('raw' in content) return content.raw
  const { transactionId, now, domain } = facts
  try {
    return composeMessage(content.message, {
      messageId: `${transactionId}@${domain}`,
      date: now,
      seed: transactionId,
    })
  } catch (error) {
    throw notComposable(error)
  }
}

function answerTo(outcome: SendOutcome, id: SentMessageId, { places }: WantedMessage) {
  if (outcome.kind === 'no account') throw noMessage
  if (outcome.kind === 'key used') {
    throw new ApiFault(422, 'this Idempotency-Key was used for another message')
  }
  if (outcome.kind === 'refused') {
    const { reply, recipients } = outcome
    const errors = recipients.map((one) => ({ ...places.get(one.address), detail: one.reply ?? '' }))
    throw new ApiFault(statusOf(reply), replyText(reply), {
      errors,
      headers: reply.code < 500 ? { 'Retry-After': reply.enhanced === '4.7.0' ? '600' : '60' } : {},
      members: { reply: replyText(reply), ...(recipients.length === 0 ? {} : { recipients }) },
    })
  }
  const { sent, isRepeated } = outcome
  const { submission, ...shown } = sent
  const value = {
    id: formatSentMessageId({ ...id, submission }),
    status: submission === undefined ? ('sent' as const) : ('scheduled' as const),
    ...shown,
  }
  return new Answer(value, isRepeated ? { 'Idempotency-Replayed': 'true' } : {})
}

/** SMTP's refusal in HTTP's words: whose fault it is, and whether to come again. */
function statusOf({
  code,
  enhanced,
}: {
  readonly code: number
  readonly enhanced?: string
}): 403 | 413 | 422 | 429 | 503 {
  if (code < 500) return enhanced === '4.7.0' ? 429 : 503
  if (enhanced === '5.7.1') return 403
  return code === 552 ? 413 : 422
}

function keyOf(request: Request): string | undefined {
  const given = request.headers.get('Idempotency-Key')
  if (given === null) return undefined
  // The draft writes it as a string in quotes; most clients write it plainly.
  const key = given.trim().replace(/^"(.*)"$/, '$1')
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key
  throw new ApiFault(400, 'the Idempotency-Key must be 1 to 255 visible characters of ASCII')
}

/** Of what is asked for, not of what is composed of it: that has the time in it. */
async function fingerprintOf({ from, account, recipients, sendAt, copy, content }: WantedMessage): Promise<string> {
  const files = 'raw' in content ? [content.raw] : content.message.files.map(({ bytes }) => bytes)
  const digests = await Promise.all(files.map(hexDigest))
  const names = 'raw' in content ? [] : content.message.files.map(({ filename, type, cid }) => [filename, type, cid])
  const message = 'raw' in content ? null : { ...content.message, files: names }
  return digest(JSON.stringify([from, account, recipients, sendAt ?? null, copy, message, digests]))
}

async function digest(text: string): Promise<string> {
  return hexDigest(new TextEncoder().encode(text))
}

async function hexDigest(bytes: Uint8Array): Promise<string> {
  const found = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(found, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
