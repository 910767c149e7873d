/**
 * Items that carry octets of the message: `BODY[…]`, `RFC822…`, `BINARY[…]`, `BINARY.SIZE[…]`.
 *
 * Standards: RFC 9051 §6.4.5.1 (sections), RFC 3516 (BINARY), RFC 3501 §6.4.5 (RFC822).
 */
import { decodeTransferEncoding, holdsNul, type StoredPart } from '../../../format/index.ts'
import { StoreError, type EmailId, type EnvelopeColumn, type SessionMail } from '../../../mailbox/index.ts'
import { no, type FetchItem } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import type { FetchMessage } from './fetch-message.ts'
import { locate, partOf, sectionColumns, type Content } from './locate.ts'

/** An item of one message, ready to go: `text` first, then what `send` sends. */
export interface BodyContent {
  text: string
  /** False when the connection had to be given up in the middle. */
  send?: () => Promise<boolean>
}

export interface BodyItem {
  readonly columns: readonly EnvelopeColumn[]
  /** Synchronous, within the store's `reading`. `first`: the beginning of a long section is read before it is promised. */
  prepare(message: FetchMessage, first: boolean): BodyContent
}

type BodyFetchItem = Extract<FetchItem, { label: string }>

/** Octets read from the store at once for a long section. */
const stride = 1024 * 1024

export function bodyItem(context: Context, item: BodyFetchItem): BodyItem {
  return { columns: sectionColumns(item.section), prepare: (message, first) => prepare(context, item, message, first) }
}

function prepare(context: Context, item: BodyFetchItem, message: FetchMessage, first: boolean): BodyContent {
  const email = message.view.emails[message.row] as EmailId
  const content = contentOf(context, email, item, message)
  if (item.item === 'BINARY.SIZE') return { text: `${item.label} ${content === undefined ? 0 : lengthOf(content)}` }
  if (content === undefined) return { text: `${item.label} NIL` }
  const { offset, length } = item.partial ?? { offset: 0, length: Infinity }
  if (content instanceof Uint8Array) {
    const bytes = content.subarray(offset, Math.min(content.length, offset + length))
    // A decoded part may hold NUL, which only a literal8 can carry (RFC 3516 §4.2).
    if (item.item === 'BINARY' && holdsNul(bytes)) {
      return { text: `${item.label} ~{${bytes.length}}\r\n`, send: () => sendBytes(context, bytes) }
    }
    return { text: `${item.label} {${bytes.length}}\r\n`, send: () => sendBytes(context, withoutNul(bytes)) }
  }
  const start = Math.min(content.end, content.start + offset)
  const end = Math.min(content.end, start + length)
  if (message.octets !== undefined) {
    const bytes = message.octets.subarray(start, end)
    return { text: `${item.label} {${bytes.length}}\r\n`, send: () => sendBytes(context, withoutNul(bytes)) }
  }
  const begun = first ? context.store.slice(email, start, Math.min(end, start + stride)) : undefined
  return { text: `${item.label} {${end - start}}\r\n`, send: () => sendRange(context, email, start, end, begun) }
}

async function sendBytes({ output }: Context, bytes: Uint8Array): Promise<boolean> {
  output.bytes(bytes)
  return true
}

/**
 * Streams octets of a message, `begun` being the first of them. When it is destroyed meanwhile, or the blob store fails, the
 * literal promised cannot be finished: hang up.
 */
async function sendRange(
  context: Context,
  email: EmailId,
  start: number,
  end: number,
  begun: Uint8Array | undefined,
): Promise<boolean> {
  const { output, store } = context
  for (let at = start; at < end; at += stride) {
    if (output.congested) await output.drained()
    if (context.closed) return false
    const stop = Math.min(end, at + stride)
    const bytes = at === start && begun !== undefined ? begun : await octets(store, email, at, stop)
    if (bytes === undefined || bytes.length !== stop - at) {
      output.control({ close: true })
      context.closed = true
      return false
    }
    output.bytes(withoutNul(bytes))
  }
  return true
}

/**
 * A literal has no NUL (RFC 9051 §4.3.1). Delivery and APPEND leave none in a part; in a header, where it can only be a
 * mistake, another octet that nobody can read stands for it, so that sizes are what they are said to be.
 */
function withoutNul(bytes: Uint8Array): Uint8Array {
  return holdsNul(bytes) ? bytes.map((octet) => (octet === 0 ? 0x80 : octet)) : bytes
}

/** Undefined when there are no such octets, or none to be had now: the adapter of the blob store has told the log. */
async function octets(store: SessionMail, email: EmailId, start: number, end: number): Promise<Uint8Array | undefined> {
  try {
    return await store.reading(() => store.slice(email, start, end))
  } catch (error) {
    if (error instanceof StoreError && error.type === 'unavailable') return undefined
    throw error
  }
}

function contentOf({ store }: Context, email: EmailId, item: BodyFetchItem, message: FetchMessage): Content {
  const { view, row, columns } = message
  // BINARY[] is the message itself: it has no transfer encoding to undo (RFC 3516 §4.1).
  if (item.item === 'SECTION' || item.section.part.length === 0) {
    return locate(store, email, view.sizes[row] as number, item.section, columns)
  }
  const node = partOf(item.section.part, columns)
  return node === undefined ? undefined : decoded(store, email, node)
}

const encodings: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary', 'base64', 'quoted-printable', ''])

/** A part with its transfer encoding undone. `NO [UNKNOWN-CTE]` for an encoding that nobody knows (RFC 3516 §4.3). */
function decoded(store: SessionMail, email: EmailId, node: StoredPart): Content {
  if (!encodings.has(node.encoding)) throw no('The part has an unknown transfer encoding', 'UNKNOWN-CTE')
  const bytes = store.slice(email, node.bodyStart, node.bodyEnd)
  return bytes === undefined ? undefined : decodeTransferEncoding(bytes, node.encoding)
}

function lengthOf(content: NonNullable<Content>): number {
  return content instanceof Uint8Array ? content.length : content.end - content.start
}
