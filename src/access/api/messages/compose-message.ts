/**
 * The message that a request describes: text, HTML with what it shows, and files.
 *
 * Standards: RFC 5322 §3.6, RFC 2046 §5.1 (mixed, alternative), RFC 2387 (related), RFC 2392 (cid:).
 */
import { compose, type ComposedField, type ComposedPart, splitAddress } from '../../../format/index.ts'

export interface MailName {
  readonly address: string
  readonly name?: string | undefined
}

export interface ComposedFile {
  readonly filename?: string | undefined
  readonly type: string
  readonly bytes: Uint8Array
  /** Shown in the HTML as `cid:…`; without it the file is attached. */
  readonly cid?: string | undefined
}

export interface MessageFields {
  readonly from: MailName
  readonly to: readonly MailName[]
  readonly cc: readonly MailName[]
  readonly replyTo: readonly MailName[]
  readonly subject: string
  readonly text?: string | undefined
  readonly html?: string | undefined
  /** Further fields. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly files: readonly ComposedFile[]
}

export interface MessageFacts {
  /** Without angle brackets. */
  readonly messageId: string
  /** Milliseconds since the epoch. */
  readonly date: number
  /** Unique letters and digits, for boundaries. */
  readonly seed: string
}

/** Its octets. Throws ComposeError when a value has no form in a message. Blind copies are for the envelope alone. */
export function composeMessage(fields: MessageFields, { messageId, date, seed }: MessageFacts): Uint8Array {
  const { from, to, cc, replyTo, subject, headers } = fields
  const header: ComposedField[] = [
    { name: 'From', addresses: [nameOf(from)] },
    ...addresses('To', to),
    ...addresses('Cc', cc),
    ...addresses('Reply-To', replyTo),
    { name: 'Subject', text: subject },
    { name: 'Date', date },
    { name: 'Message-ID', messageIds: [messageId] },
    ...headers.map(({ name, value }) => ({ name, text: value })),
  ]
  const everybody = [from, ...to, ...cc, ...replyTo]
  return compose({ header, body: bodyOf(fields) }, { seed, smtputf8: everybody.some(needsUtf8) })
}

function addresses(name: string, names: readonly MailName[]): ComposedField[] {
  return names.length === 0 ? [] : [{ name, addresses: names.map(nameOf) }]
}

function nameOf({ address, name }: MailName): { address: string; name?: string } {
  return name === undefined || name === '' ? { address } : { address, name }
}

/** A local part beyond ASCII has no other form (RFC 6532). */
function needsUtf8({ address }: MailName): boolean {
  return /[^\0-\x7f]/.test(splitAddress(address)?.localPart ?? address)
}

function bodyOf({ text, html, files }: MessageFields): ComposedPart {
  const shown = html === undefined ? [] : files.filter(({ cid }) => cid !== undefined)
  const attached = files.filter((file) => !shown.includes(file))
  const plain: ComposedPart | undefined =
    text === undefined && html !== undefined ? undefined : { type: 'text/plain', content: { text: text ?? '' } }
  const rich = html === undefined ? undefined : richOf(html, shown)
  const body = plain !== undefined && rich !== undefined ? multipart('alternative', [plain, rich]) : (plain ?? rich)
  if (body === undefined) throw new Error('a message has a text')
  return attached.length === 0
    ? body
    : multipart('mixed', [body, ...attached.map((file) => filePart(file, 'attachment'))])
}

function richOf(html: string, shown: readonly ComposedFile[]): ComposedPart {
  const page: ComposedPart = { type: 'text/html', content: { text: html } }
  return shown.length === 0 ? page : multipart('related', [page, ...shown.map((file) => filePart(file, 'inline'))])
}

function filePart({ filename, type, bytes, cid }: ComposedFile, disposition: string): ComposedPart {
  return {
    type,
    disposition: { type: disposition, ...(filename === undefined ? {} : { parameters: { filename } }) },
    ...(cid === undefined ? {} : { contentId: cid }),
    content: { bytes },
  }
}

function multipart(subtype: string, children: readonly ComposedPart[]): ComposedPart {
  return { type: `multipart/${subtype}`, content: { children } }
}
