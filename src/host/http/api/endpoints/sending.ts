/**
 * Sending: one request, a message; what became of it; and that one which is held does not go.
 *
 * Standards: RFC 6409 (submission), RFC 4865 (later).
 */
import * as z from 'zod/mini'
import { recipientStatuses } from '../../../../access/api/index.ts'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { ApiFault } from '../fault.ts'
import { messageBody, rawQuery, wantedFromJson, wantedFromRaw } from '../message-request.ts'
import { address, named, time } from '../schema.ts'
import { sendMessage, sendMessages } from '../send-message.ts'
import { cancelHeld, expectOwn, noMessage, stepsOf, submissionOf, unsent } from '../sent-message.ts'
import { traceStep } from './traces.ts'

const tag = 'Sending'
const sentRecipient = named('SentRecipient', {
  address,
  status: z.enum(['delivered', 'queued', 'scheduled', 'refused']),
  reply: z.optional(z.string().check(z.describe('Of who is refused: why, as SMTP says it.'))),
})
const sentMessage = {
  id: z.string(),
  status: z.enum(['sent', 'scheduled']),
  recipients: z.array(sentRecipient),
  sendAt: z.optional(time),
  copy: z.optional(z.string().check(z.describe('The copy in the account.'))),
}
const recipientStatus = named('RecipientStatus', {
  address,
  status: z.enum(['scheduled', 'canceled', 'delivered', 'queued', 'deferred', 'bounced']),
  reply: z.optional(z.string()),
})
const states = { pending: 'scheduled', final: 'sent', canceled: 'canceled' } as const
/** Base64 is a third longer, and there is more than attachments. */
const inJson = 1.4
/** The text, what it says, and the message made of it are in memory together (128 MB on Cloudflare). */
const mostJson = 24 * 1024 * 1024

export function sendingEndpoints(house: House): Endpoint[] {
  const { mail } = house
  return [
    endpoint(
      {
        method: 'post',
        path: '/messages',
        summary: 'Send a message',
        tag,
        scope: 'messages:send',
        reach: 'work',
        query: rawQuery,
        body: messageBody,
        otherBodies: {
          'message/rfc822': 'A whole message, and the way for large ones; its recipients are not shown its Bcc field.',
        },
        headers: { 'Idempotency-Key': 'The same key with the same request is not sent again for a day.' },
        mostBody: Math.min(mostJson, Math.ceil(mail.maxMessageSize * inJson) + 64 * 1024),
        mostRaw: mail.maxMessageSize,
        unrecorded: ['subject', 'text', 'html', 'headers', 'attachments'],
        status: 202,
        result: named('SentMessage', sentMessage),
      },
      async ({ body, raw, query, caller, request }) => {
        const wanted = raw === undefined ? wantedFromJson(withoutQuery(body, query)) : wantedFromRaw(raw, query)
        return sendMessage(house, wanted, caller, request)
      },
    ),
    endpoint(
      {
        method: 'post',
        path: '/messages/batch',
        summary: 'Send up to a hundred messages, with an answer for each, in order',
        tag,
        scope: 'messages:send',
        reach: 'work',
        body: z.strictObject({ messages: z.array(messageBody).check(z.minLength(1), z.maxLength(100)) }),
        headers: { 'Idempotency-Key': 'As of a single message.' },
        mostBody: mostJson,
        unrecorded: ['messages'],
        status: 202,
        result: z.array(
          named('BatchAnswer', {
            ...sentMessage,
            id: z.optional(z.string().check(z.describe('Of what was taken.'))),
            status: z.enum(['sent', 'scheduled', 'refused']),
            code: z.optional(z.int().check(z.describe('Of what was refused: the status a single message would have.'))),
            reply: z.optional(z.string().check(z.describe('Of what was refused: why.'))),
          }),
        ),
      },
      async ({ body, caller, request }) => {
        const wanted = body.messages.map((message, index) => wantedFromJson(message, `#/messages/${index}`))
        return sendMessages(house, wanted, caller, request)
      },
    ),
    endpoint(
      {
        method: 'get',
        path: '/messages/{id}',
        summary: 'What became of a message that was sent here, step by step, while traces are kept',
        tag,
        scope: 'messages:send',
        reach: 'work',
        result: named('MessageStatus', {
          id: z.string(),
          status: z.enum(['sent', 'scheduled', 'canceled']),
          sendAt: z.optional(time),
          recipients: z.array(recipientStatus),
          steps: z.array(traceStep),
        }),
      },
      async ({ path, caller }) => {
        const id = await expectOwn(house, path.id, caller)
        const held = id.submission === undefined ? undefined : await submissionOf(house, id)
        const steps = await stepsOf(house, id)
        if (held === undefined && steps.length === 0) throw noMessage
        const sendAt = held === undefined ? {} : { sendAt: Date.parse(held.sendAt) }
        return {
          id: path.id,
          status: states[held?.undoStatus ?? 'final'],
          ...sendAt,
          recipients: steps.length === 0 && held !== undefined ? unsent(held) : recipientStatuses(steps),
          steps,
        }
      },
    ),
    endpoint(
      {
        method: 'delete',
        path: '/messages/{id}',
        summary: 'Do not send a message that is held; its copy is removed',
        tag,
        scope: 'messages:send',
        reach: 'work',
        status: 204,
      },
      async ({ path, caller }) => cancelHeld(house, await expectOwn(house, path.id, caller)),
    ),
  ]
}

function withoutQuery<Body>(body: Body, query: Readonly<Record<string, unknown>>): Body {
  const [first] = Object.keys(query)
  if (first === undefined) return body
  throw new ApiFault(400, `"${first}" in the query is for whole messages; JSON has a member for it`, {
    errors: [{ parameter: first, detail: 'is for whole messages' }],
  })
}
