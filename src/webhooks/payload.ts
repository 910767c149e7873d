/**
 * What a webhook is told of a message: parsed, with what was found out about its sender. `docs/webhooks.md` tells receivers.
 *
 * Limits: text and attachments of 10 MiB together go with it; of what is beyond, name, type and size, and where to fetch it.
 * Security: everything in it is a stranger's, but `id`, `received`, `authentication`, `spam` and the links.
 */
import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime'
import { encodeBase64, encodeUtf8, type Header, parseAuthenticationResults, parseHeader } from '../format/index.ts'
import { contentOf, takenApart } from './parts.ts'
import { spamOf } from './spam-of.ts'

export interface WebhookMessage {
  /** As in Received and in traces. */
  id: string
  /** When it was taken; milliseconds since the epoch. */
  received: number
  /** The reverse-path; '' is the null one. */
  sender: string
  recipients: readonly string[]
  raw: Uint8Array
  /** Our name in Authentication-Results. */
  authservId: string
}

/** Links to the message and its parts. */
export interface MessageLinks {
  /** Until when they lead there; milliseconds since the epoch. */
  readonly expires: number
  /** `part`: see `LinkTarget`. */
  to(part: string): Promise<string>
}

const mostContent = 10 * 1024 * 1024
/** Where all of it cannot be read; the parser's own limit is beyond. */
const mostOfHeader = 1024 * 1024

/** The body of the request, as JSON. Without `links` what is too long to be told is only named. */
export async function messagePayload(message: WebhookMessage, links?: MessageLinks): Promise<string> {
  const { id, received, sender, recipients, raw } = message
  const { header } = parseHeader(raw)
  const { mail, problem } = await read(raw)
  let room = mostContent
  const fits = (size: number): boolean => {
    const isRoom = size <= room
    if (isRoom) room -= size
    return isRoom
  }
  const [text, html] = [mail.text, mail.html].map((body) => (body !== undefined && fits(body.length) ? body : null))
  const isLong = (text === null && mail.text !== undefined) || (html === null && mail.html !== undefined)
  const trouble = problem ?? (isLong ? 'The text is longer than 10 MiB' : undefined)
  const attachments = []
  for (const [place, attachment] of mail.attachments.entries()) {
    const content = contentOf(attachment)
    const told = fits(content.length) ? { content: encodeBase64(content) } : await omitted(links, String(place))
    attachments.push({ ...described(attachment, content), ...told })
  }
  return JSON.stringify({
    type: 'message.received',
    timestamp: new Date(received).toISOString(),
    data: {
      id,
      sender,
      recipients,
      size: raw.length,
      from: addressesOf(mail.from),
      to: addressesOf(mail.to),
      cc: addressesOf(mail.cc),
      replyTo: addressesOf(mail.replyTo),
      subject: mail.subject ?? '',
      date: mail.date ?? null,
      messageId: mail.messageId ?? null,
      inReplyTo: mail.inReplyTo ?? null,
      references: mail.references ?? null,
      text,
      html,
      ...(text === null ? await bodyLink(links, 'text', mail.text) : {}),
      ...(html === null ? await bodyLink(links, 'html', mail.html) : {}),
      headers: mail.headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
      attachments,
      authentication: authenticationOf(header, message.authservId),
      spam: spamOf(header),
      ...(links === undefined ? {} : { raw: await linkTo(links, 'raw', raw.length) }),
      ...(trouble === undefined ? {} : { problem: trouble }),
    },
  })
}

/** A message that is made to be unreadable is told of by its header alone, with the reason. */
async function read(raw: Uint8Array): Promise<{ mail: Email; problem?: string }> {
  try {
    return { mail: await takenApart(raw) }
  } catch (error) {
    const head = raw.subarray(0, Math.min(parseHeader(raw).bodyStart, mostOfHeader))
    const { text: _text, html: _html, ...mail } = await PostalMime.parse(head)
    return { mail: { ...mail, attachments: [] }, problem: error instanceof Error ? error.message : String(error) }
  }
}

async function linkTo(links: MessageLinks, part: string, size: number): Promise<object> {
  return { url: await links.to(part), expires: new Date(links.expires).toISOString(), size }
}

async function omitted(links: MessageLinks | undefined, part: string): Promise<object> {
  if (links === undefined) return { isOmitted: true }
  return { isOmitted: true, url: await links.to(part), urlExpires: new Date(links.expires).toISOString() }
}

/** `textLink`, `htmlLink`: of a body that is there and too long. */
async function bodyLink(
  links: MessageLinks | undefined,
  part: 'text' | 'html',
  body: string | undefined,
): Promise<object> {
  if (links === undefined || body === undefined) return {}
  return { [`${part}Link`]: await linkTo(links, part, encodeUtf8(body).length) }
}

function described({ filename, mimeType, disposition, contentId }: Attachment, content: Uint8Array): object {
  return {
    name: filename,
    type: mimeType,
    size: content.length,
    isInline: disposition === 'inline',
    contentId: contentId?.replace(/^<|>$/g, '') ?? null,
  }
}

function addressesOf(found: Address | readonly Address[] | undefined): { name: string; address: string }[] {
  const list = found === undefined ? [] : Array.isArray(found) ? (found as readonly Address[]) : [found as Address]
  return list.flatMap((one) => ('group' in one && one.group !== undefined ? one.group : [one])).map(plain)
}

function plain({ name, address }: { name: string; address?: string | undefined }): { name: string; address: string } {
  return { name, address: address ?? '' }
}

/** Results by method, as they stand in our field on top; null where nothing was verified. */
function authenticationOf(header: Header, authservId: string): Record<string, string> | null {
  for (const { name, value } of header.fields) {
    const lower = name.toLowerCase()
    if (lower === 'received') return null
    if (lower !== 'authentication-results') continue
    const field = parseAuthenticationResults(value)
    if (field?.authservId.toLowerCase() !== authservId.toLowerCase()) continue
    const results: Record<string, string> = {}
    for (const { method, result } of field.results) {
      // Of several signatures one that holds is what counts.
      if (results[method] === undefined || result === 'pass') results[method] = result
    }
    return results
  }
  return null
}
