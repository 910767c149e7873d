/**
 * What a program wants to send, in the two forms that it may take: JSON, or a whole message.
 *
 * Standards: RFC 5322, RFC 4648 §4 (attachments), RFC 2392 (cid).
 * Limits: recipients, further header fields, attachments, and the size of the message.
 * Security: header fields that say who sent it, how it is built, or what others found out about it are ours to write.
 */
import * as z from 'zod/mini'
import type { MailName, MessageFields } from '../../../access/api/index.ts'
import {
  ComposeError,
  decodeBase64,
  flattenAddresses,
  parseAddressList,
  parseHeader,
  splitAddress,
  withoutBcc,
} from '../../../format/index.ts'
import { ApiFault, type Place, wrongIn } from './fault.ts'
import { time } from './schema.ts'

export const mostRecipients = 1_000

const oneLine = z.string().check(z.maxLength(10_000), z.regex(/^[^\r\n\0]*$/, 'must be one line'))
const mailName = z.union(
  [
    oneLine.check(z.maxLength(1_000), z.describe('`alice@example.org` or `Alice <alice@example.org>`.')),
    z.strictObject({
      address: z.string().check(z.maxLength(320)),
      name: z.optional(z.string().check(z.maxLength(500))),
    }),
  ],
  'must be a mail address in one line, or an object with "address" and perhaps "name"',
)
const mailNames = z.array(mailName).check(z.maxLength(mostRecipients))

export const messageBody = z
  .strictObject({
    from: mailName,
    account: z.optional(
      z.string().check(z.describe('The account that sends, where `from` is not its own address but an alias of it.')),
    ),
    to: z.optional(mailNames),
    cc: z.optional(mailNames),
    bcc: z.optional(mailNames),
    replyTo: z.optional(mailNames),
    subject: z.optional(oneLine),
    text: z.optional(z.string()),
    html: z.optional(z.string()),
    headers: z.optional(
      z
        .array(z.strictObject({ name: z.string(), value: oneLine }))
        .check(z.maxLength(50), z.describe('Further fields.')),
    ),
    attachments: z.optional(
      z
        .array(
          z.strictObject({
            filename: z.optional(z.string().check(z.maxLength(500), z.regex(/^[^\r\n\0]*$/, 'must be one line'))),
            type: z.optional(
              z.string().check(z.regex(/^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/, 'is not a media type')),
            ),
            content: z.string().check(z.describe('Base64.')),
            cid: z.optional(
              z
                .string()
                .check(
                  z.regex(/^[\w.+-]+@?[\w.+-]*$/, 'is not a Content-ID'),
                  z.describe('Shown in the HTML as cid:….'),
                ),
            ),
          }),
        )
        .check(z.maxLength(100)),
    ),
    sendAt: z.optional(time.check(z.describe('Held until then; up to 30 days.'))),
    copy: z.optional(z.boolean().check(z.describe('Keep a copy with the sent mail; what is held always has one.'))),
  })
  .check(z.meta({ id: 'NewMessage' }))

export const rawQuery = z.strictObject({
  from: z.optional(
    z.string().check(z.describe("Of a whole message: the envelope sender; its From field's where absent.")),
  ),
  to: z.optional(
    z
      .string()
      .check(z.describe('Of a whole message: its recipients, with commas; those of To, Cc and Bcc where absent.')),
  ),
  account: z.optional(z.string().check(z.describe('Of a whole message: the account that sends.'))),
  sendAt: z.optional(
    z.string().check(z.regex(/^\d{1,15}$/, 'must be milliseconds since 1970'), z.describe('Of a whole message.')),
  ),
  copy: z.optional(z.enum(['true', 'false']).check(z.describe('Of a whole message.'))),
})

/** What is to be sent; `message` is still to be composed, `raw` is there. */
export interface WantedMessage {
  /** Where it stands in the body: `#`, `#/messages/3`; undefined when it is the body. */
  readonly at: string | undefined
  readonly from: string
  readonly account: string
  readonly recipients: readonly string[]
  /** Where in the request a recipient stands. */
  readonly places: ReadonlyMap<string, Place>
  readonly sendAt: number | undefined
  readonly copy: boolean
  readonly content: { readonly message: MessageFields } | { readonly raw: Uint8Array }
}

/** Throws ApiFault with each place that is wrong. */
export function wantedFromJson(body: z.output<typeof messageBody>, at = '#'): WantedMessage {
  const errors: Place[] = []
  const read = (value: z.output<typeof mailName>, pointer: string): MailName => {
    const name = nameOf(value)
    if (name === undefined) errors.push({ pointer, detail: 'is not a mail address' })
    return name ?? { address: '' }
  }
  const list = (field: 'to' | 'cc' | 'bcc' | 'replyTo') =>
    (body[field] ?? []).map((value, index) => read(value, `${at}/${field}/${index}`))
  const from = read(body.from, `${at}/from`)
  const [to, cc, bcc, replyTo] = [list('to'), list('cc'), list('bcc'), list('replyTo')]
  const places = new Map<string, Place>()
  for (const [field, names] of Object.entries({ to, cc, bcc })) {
    names.forEach(({ address }, index) => {
      if (!places.has(address)) places.set(address, { pointer: `${at}/${field}/${index}`, detail: '' })
    })
  }
  const recipients = [...places.keys()]
  if (recipients.length === 0) errors.push({ pointer: `${at}/to`, detail: 'names nobody, and neither do cc and bcc' })
  if (recipients.length > mostRecipients)
    errors.push({ pointer: `${at}/to`, detail: `and others are more than ${mostRecipients}` })
  const headers = (body.headers ?? []).map((field, index) => {
    const detail = wrongField(field)
    if (detail !== undefined) errors.push({ pointer: `${at}/headers/${index}/name`, detail })
    return field
  })
  const files = (body.attachments ?? []).map(({ filename, type, content, cid }, index) => {
    const bytes = decodeBase64(content)
    if (bytes === undefined) errors.push({ pointer: `${at}/attachments/${index}/content`, detail: 'is not base64' })
    return { filename, type: type ?? 'application/octet-stream', bytes: bytes ?? new Uint8Array(), cid }
  })
  if (errors.length > 0) throw wrongIn(errors)
  const { subject = '', text, html, sendAt, copy = false, account = from.address } = body
  const message = { from, to, cc, replyTo, subject, text, html, headers, files }
  return { at, from: from.address, account, recipients, places, sendAt, copy, content: { message } }
}

export function wantedFromRaw(raw: Uint8Array, query: z.output<typeof rawQuery>): WantedMessage {
  const { header } = parseHeader(raw)
  const inHeader = (name: string) =>
    header.all(name).flatMap((value) => flattenAddresses(parseAddressList(value)).map(({ address }) => address))
  const authors = inHeader('From')
  const errors: Place[] = []
  if (authors.length === 0) errors.push({ detail: 'the message has no author: its From field names nobody' })
  const from = query.from ?? authors[0] ?? ''
  const named = query.to?.split(',').map((one) => one.trim())
  const recipients = [...new Set(named ?? ['To', 'Cc', 'Bcc'].flatMap(inHeader))]
  if (query.from !== undefined && !isMailAddress(from)) {
    errors.push({ parameter: 'from', detail: 'is not a mail address' })
  }
  for (const address of recipients) {
    if (!isMailAddress(address))
      errors.push({ parameter: 'to', detail: `names "${address}", which is no mail address` })
  }
  if (recipients.length === 0)
    errors.push({ parameter: 'to', detail: 'is missing, and the message names no recipients' })
  if (recipients.length > mostRecipients) errors.push({ parameter: 'to', detail: `names more than ${mostRecipients}` })
  if (errors.length > 0) throw wrongIn(errors)
  return {
    at: undefined,
    from,
    account: query.account ?? from,
    recipients,
    places: new Map(recipients.map((address) => [address, { parameter: 'to', detail: '' }])),
    sendAt: query.sendAt === undefined ? undefined : Number(query.sendAt),
    copy: query.copy === 'true',
    content: { raw: withoutBcc(raw, header) },
  }
}

/** The fault of a value that has no form in a message. */
export function notComposable(error: unknown): unknown {
  return error instanceof ComposeError ? new ApiFault(400, `the message cannot be composed: ${error.message}`) : error
}

function nameOf(value: z.output<typeof mailName>): MailName | undefined {
  if (typeof value !== 'string') return isMailAddress(value.address) ? value : undefined
  const [only, ...more] = flattenAddresses(parseAddressList(value))
  return only !== undefined && more.length === 0 && isMailAddress(only.address) ? only : undefined
}

/** Of what goes into commands of SMTP, no line must end early. */
function isMailAddress(address: string): boolean {
  return splitAddress(address) !== undefined && !/[\u0000-\u001f\u007f]/.test(address)
}

const ours = new Set(
  'from sender to cc bcc reply-to subject date message-id mime-version received return-path dkim-signature authentication-results'.split(
    ' ',
  ),
)

function wrongField({ name }: { readonly name: string }): string | undefined {
  if (!/^[!-9;-~]{1,100}$/.test(name)) return 'is not the name of a header field (RFC 5322 §2.2)'
  const plain = name.toLowerCase()
  const isOurs = ours.has(plain) || /^(?:content|resent|arc)-/.test(plain)
  return isOurs ? 'is a field that is written for you, or has a member of its own' : undefined
}
