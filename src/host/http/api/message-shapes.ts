/**
 * Messages of an account as programs see them, made from what JMAP says of an Email.
 *
 * Standards: RFC 8621 §4.1 (properties), §4.1.4 (body values).
 */
import * as z from 'zod/mini'
import type { CallResult } from './account-calls.ts'
import { count, named, time } from './schema.ts'

const name = named('MailName', { address: z.string(), name: z.optional(z.string()) })
const names = z.array(name)

const summary = {
  id: z.string(),
  threadId: z.string(),
  mailboxes: z.array(z.string()).check(z.describe('By role where they have one, else by id.')),
  keywords: z.array(z.string()).check(z.describe('`$seen`, `$flagged`, …')),
  from: names,
  to: names,
  cc: names,
  subject: z.string(),
  messageId: z.optional(z.string().check(z.describe('Without angle brackets.'))),
  receivedAt: time,
  size: count,
  preview: z.string(),
  hasAttachment: z.boolean(),
}
const attachment = named('Attachment', {
  id: z.string().check(z.describe('Its last part of the path under which it is downloaded.')),
  filename: z.optional(z.string()),
  type: z.string(),
  size: count,
  cid: z.optional(z.string()),
  inline: z.boolean(),
})

export const messageSummary = named('MessageSummary', summary)
export const wholeMessage = named('Message', {
  ...summary,
  replyTo: names,
  bcc: names,
  sentAt: z.optional(time),
  text: z.optional(z.string().check(z.describe('Of messages with plain text.'))),
  html: z.optional(z.string().check(z.describe("As it came: a stranger's, and not made harmless."))),
  isTruncated: z.boolean().check(z.describe('Text or HTML is longer than a million octets.')),
  headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  attachments: z.array(attachment),
})

const words = (text: string) => text.split(' ')

export const summaryProperties: readonly string[] = words(
  'id threadId mailboxIds keywords from to cc subject messageId receivedAt size preview hasAttachment',
)
export const wholeProperties: readonly string[] = [
  ...summaryProperties,
  ...words('replyTo bcc sentAt headers textBody htmlBody attachments bodyValues'),
]
export const bodyProperties: readonly string[] = ['partId', 'blobId', 'size', 'type', 'name', 'cid', 'disposition']

interface Part {
  readonly partId: string | null
  readonly blobId: string
  readonly size: number
  readonly type: string
  readonly name: string | null
  readonly cid: string | null
  readonly disposition: string | null
}

/** `roles`: of mailboxes by id. */
export function summaryOf(email: CallResult, roles: ReadonlyMap<string, string>): z.output<typeof messageSummary> {
  const [messageId] = (email['messageId'] as string[] | null) ?? []
  return {
    id: email['id'] as string,
    threadId: email['threadId'] as string,
    mailboxes: Object.keys(email['mailboxIds'] as object).map((id) => roles.get(id) ?? id),
    keywords: Object.keys(email['keywords'] as object),
    from: namesOf(email['from']),
    to: namesOf(email['to']),
    cc: namesOf(email['cc']),
    subject: (email['subject'] as string | null) ?? '',
    ...(messageId === undefined ? {} : { messageId }),
    receivedAt: Date.parse(email['receivedAt'] as string),
    size: email['size'] as number,
    preview: email['preview'] as string,
    hasAttachment: email['hasAttachment'] as boolean,
  }
}

export function wholeOf(email: CallResult, roles: ReadonlyMap<string, string>): z.output<typeof wholeMessage> {
  const values = email['bodyValues'] as Readonly<Record<string, { value: string; isTruncated: boolean }>>
  const sentAt = email['sentAt'] as string | null
  const texts = (list: string, type: string) =>
    (email[list] as Part[]).filter((part) => part.type === type).flatMap(({ partId }) => values[partId ?? ''] ?? [])
  const [text, html] = [texts('textBody', 'text/plain'), texts('htmlBody', 'text/html')]
  return {
    ...summaryOf(email, roles),
    replyTo: namesOf(email['replyTo']),
    bcc: namesOf(email['bcc']),
    ...(sentAt === null ? {} : { sentAt: Date.parse(sentAt) }),
    ...(text.length === 0 ? {} : { text: joined(text) }),
    ...(html.length === 0 ? {} : { html: joined(html) }),
    isTruncated: [...text, ...html].some(({ isTruncated }) => isTruncated),
    headers: email['headers'] as { name: string; value: string }[],
    attachments: (email['attachments'] as Part[]).map(attachmentOf),
  }
}

export function attachmentOf({ blobId, name: filename, type, size, cid, disposition }: Part) {
  return {
    id: blobId,
    ...(filename === null ? {} : { filename }),
    type,
    size,
    ...(cid === null ? {} : { cid }),
    inline: disposition === 'inline',
  }
}

function joined(parts: readonly { readonly value: string }[]): string {
  return parts.map(({ value }) => value).join('\n')
}

function namesOf(value: unknown): z.output<typeof names> {
  const list = (value as { name: string | null; email: string }[] | null) ?? []
  return list.map(({ name: shown, email }) => ({ address: email, ...(shown === null ? {} : { name: shown }) }))
}
