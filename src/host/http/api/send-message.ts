/**
 * Brings what a program wants to send to its account, and says what the account answered in HTTP's words.
 *
 * Standards: draft-ietf-httpapi-idempotency-key-header (§2.7: 422 for a key that was used), RFC 9110 §15.
 */
import { composeMessage, type SendOrder, type SendOutcome } from '../../../access/api/index.ts'
import { replyText } from '../../../protocol/smtp/index.ts'
import { formatSentMessageId } from '../../../trace/index.ts'
import type { House } from '../house.ts'
import type { Caller } from './caller.ts'
import { Answer } from './endpoint.ts'
import { ApiFault, type Place, wrongIn } from './fault.ts'
import { notComposable, type WantedMessage } from './message-request.ts'
import { noMessage } from './sent-message.ts'

/** As JMAP's maxDelayedSend. */
const longestHold = 30 * 86_400_000

interface Prepared {
  readonly wanted: WantedMessage
  readonly accountId: string
  readonly order: SendOrder
}

export async function sendMessage(house: House, wanted: WantedMessage, caller: Caller, request: Request) {
  const { accountId, order } = await prepare(house, wanted, caller, keyOf(request))
  const [outcome] = await house.mail.send(accountId, [order])
  const { value, isRepeated } = answerTo(outcome, { accountId, order, wanted })
  return new Answer(value, isRepeated ? { 'Idempotency-Replayed': 'true' } : {})
}

/**
 * Many at once: each account hears of all that are its own in one call. What can be seen to be wrong with one of them is
 * wrong with the request, and then nothing is sent; what an account or a server refuses is said for each.
 */
export async function sendMessages(house: House, all: readonly WantedMessage[], caller: Caller, request: Request) {
  const key = keyOf(request)
  const prepared = await Promise.all(
    all.map((wanted, index) => prepare(house, wanted, caller, key === undefined ? undefined : `${key} ${index}`)),
  )
  const byAccount = Map.groupBy(prepared, ({ accountId }) => accountId)
  const outcomes = new Map<Prepared, SendOutcome | undefined>()
  await Promise.all(
    [...byAccount].map(async ([accountId, own]) => {
      const answers = await house.mail.send(
        accountId,
        own.map(({ order }) => order),
      )
      own.forEach((one, index) => outcomes.set(one, answers[index]))
    }),
  )
  return prepared.map((one) => {
    try {
      return answerTo(outcomes.get(one), one).value
    } catch (error) {
      if (!(error instanceof ApiFault)) throw error
      const recipients = one.order.recipients.map((address) => ({ address, status: 'refused' as const }))
      return { status: 'refused' as const, code: error.status, reply: error.message, recipients, ...error.members }
    }
  })
}

/** What is asked of which account. Throws ApiFault for what can be seen to be wrong. */
async function prepare(
  house: House,
  wanted: WantedMessage,
  caller: Caller,
  key: string | undefined,
): Promise<Prepared> {
  const { mail } = house
  const now = house.now()
  const { from, account, recipients, sendAt, copy } = wanted
  const place = placeOf(wanted, account === from ? 'from' : 'account')
  caller.expectAddress(account, [place])
  const accountId = await mail.accountOf(account)
  if (accountId === undefined) {
    const detail = `there is no account ${account}; say in "account" who sends`
    throw new ApiFault(422, detail, { errors: [{ ...place, detail }] })
  }
  if (sendAt !== undefined && sendAt > now + longestHold) {
    throw wrongIn([{ ...placeOf(wanted, 'sendAt'), detail: 'is more than 30 days from now' }])
  }
  const tag = key === undefined ? mail.randomText(24) : await digest(`${accountId}\n${key}`)
  const transactionId = await mail.transactionOf(tag)
  const raw = rawOf(wanted, { transactionId, now, domain: from.slice(from.lastIndexOf('@') + 1) })
  const { maxMessageSize } = mail
  if (raw.length > maxMessageSize) throw new ApiFault(413, `the message is larger than ${maxMessageSize} bytes`)
  const order: SendOrder = {
    raw,
    from,
    recipients,
    transactionId,
    copy,
    tag,
    ...(sendAt === undefined ? {} : { sendAt }),
    ...(key === undefined ? {} : { key, fingerprint: await fingerprintOf(wanted) }),
  }
  return { wanted, accountId, order }
}

function placeOf({ at }: WantedMessage, name: string): Place {
  return { ...(at === undefined ? { parameter: name } : { pointer: `${at}/${name}` }), detail: '' }
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

/** Throws the fault that a refusal is. */
function answerTo(outcome: SendOutcome | undefined, { accountId, order, wanted }: Prepared) {
  if (outcome === undefined || outcome.kind === 'no account') throw noMessage
  if (outcome.kind === 'key used') {
    throw new ApiFault(422, 'this Idempotency-Key was used for another message')
  }
  if (outcome.kind === 'refused') {
    const { reply, recipients } = outcome
    const errors = recipients.map((one) => ({ ...wanted.places.get(one.address), detail: one.reply ?? '' }))
    throw new ApiFault(statusOf(reply), replyText(reply), {
      errors,
      headers: reply.code < 500 ? { 'Retry-After': reply.enhanced === '4.7.0' ? '600' : '60' } : {},
      members: { reply: replyText(reply), ...(recipients.length === 0 ? {} : { recipients }) },
    })
  }
  const { sent, isRepeated } = outcome
  const { submission, ...shown } = sent
  const id = formatSentMessageId({ accountId, transactionId: order.transactionId, submission })
  const status = submission === undefined ? ('sent' as const) : ('scheduled' as const)
  return { value: { id, status, ...shown }, isRepeated }
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
