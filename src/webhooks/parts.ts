/**
 * A message taken apart as webhooks are told of it, and its parts by the names that links give them.
 *
 * Limits: the parser's (parts nested 256 deep, a header of 2 MiB).
 * Security: all of it is a stranger's.
 */
import PostalMime, { type Attachment, type Email } from 'postal-mime'
import { encodeUtf8 } from '../format/index.ts'

export interface MessagePart {
  /** A file name without a path, for whoever saves it. */
  readonly name: string
  readonly type: string
  readonly content: Uint8Array
}

/** Rejects where the message is made to be unreadable. */
export function takenApart(raw: Uint8Array): Promise<Email> {
  return PostalMime.parse(raw, { attachmentEncoding: 'arraybuffer' })
}

export function contentOf({ content }: Attachment): Uint8Array {
  return new Uint8Array(content as ArrayBuffer)
}

export function isPartName(part: string): boolean {
  return part === 'text' || part === 'html' || /^(?:0|[1-9]\d{0,4})$/.test(part)
}

/** `text`, `html`, or the place of an attachment, from 0. Undefined: there is no such part, or no reading it. */
export async function partOf(raw: Uint8Array, part: string): Promise<MessagePart | undefined> {
  let mail: Email
  try {
    mail = await takenApart(raw)
  } catch {
    return undefined
  }
  if (part === 'text' || part === 'html') {
    const body = mail[part]
    const [name, subtype] = part === 'text' ? ['message.txt', 'plain'] : ['message.html', 'html']
    return body === undefined ? undefined : { name, type: `text/${subtype}; charset=utf-8`, content: encodeUtf8(body) }
  }
  const attachment = mail.attachments[Number(part)]
  if (attachment === undefined) return undefined
  const { filename, mimeType } = attachment
  return { name: fileName(filename) ?? `attachment-${part}`, type: mimeType, content: contentOf(attachment) }
}

/** What is left of a name that is to be nothing but a name: no directory, no hidden file, nothing that changes how it is read (RFC 6266 §4.3). */
function fileName(given: string | null): string | undefined {
  const last = given?.split(/[/\\]/).at(-1)
  const name = last
    ?.replace(/\p{C}/gu, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[. ]+|[. ]+$/g, '')
  return name === '' ? undefined : name
}
