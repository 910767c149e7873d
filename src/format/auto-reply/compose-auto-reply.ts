/**
 * Writes the answer that a machine gives in a person's place.
 *
 * Standards: RFC 3834 §3.1 (header of a response), §5 (Auto-Submitted), RFC 5322 §3.6.4 (References), RFC 8621 §8.
 */
import type { Address } from '../address/address.ts'
import { isAsciiText } from '../bytes/bytes.ts'
import { compose } from '../compose/compose.ts'
import type { ComposedField, ComposedPart } from '../compose/composed-message.ts'
import type { Header } from '../message/header.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { decodeHeaderText } from '../text/encoded-word.ts'
import { htmlToText } from '../text/html.ts'

export interface AutoReply {
  readonly from: Address
  /** The reverse-path of the message that is answered. */
  readonly to: string
  /** Undefined: `Auto: ` and the subject of what is answered (RFC 3834 §3.1.5). */
  readonly subject?: string
  readonly textBody?: string
  readonly htmlBody?: string
  /** ms since the epoch */
  readonly date: number
  /** Without angle brackets. */
  readonly messageId: string
  /** Header of the message that is answered. */
  readonly original: Header
}

const defaultText = 'I am away at the moment and will read your message when I am back.\n'
/** The thread's first and latest: what clients thread by, without the 998 octets of a line coming near. */
const maxReferences = 10
const maxSubject = 200

/**
 * `seed` is unique text of 1 to 40 letters and digits. To be sent with the null reverse-path (RFC 3834 §3.3), and with
 * SMTPUTF8 where an address is not ASCII. Throws ComposeError when an address has no valid form.
 */
export function composeAutoReply(reply: AutoReply, seed: string): Uint8Array {
  const { original, textBody, htmlBody } = reply
  const html: ComposedPart | undefined =
    htmlBody === undefined ? undefined : { type: 'text/html', content: { text: htmlBody } }
  const text = textBody ?? (htmlBody === undefined ? defaultText : htmlToText(htmlBody))
  const plain: ComposedPart = { type: 'text/plain', content: { text } }
  const header: ComposedField[] = [
    { name: 'From', addresses: [reply.from] },
    { name: 'To', addresses: [{ address: reply.to }] },
    { name: 'Subject', text: reply.subject ?? answeredSubject(original) },
    { name: 'Date', date: reply.date },
    { name: 'Message-ID', messageIds: [reply.messageId] },
    ...threading(original),
    { name: 'Auto-Submitted', text: 'auto-replied' },
    // QUIRK: asks Exchange not to answer the answer, for what does not know Auto-Submitted.
    { name: 'X-Auto-Response-Suppress', text: 'All' },
  ]
  const body: ComposedPart =
    html === undefined ? plain : { type: 'multipart/alternative', content: { children: [plain, html] } }
  const smtputf8 = !isAsciiText(reply.to) || !isAsciiText(reply.from.address)
  return compose({ header, body }, { seed, smtputf8 })
}

function answeredSubject(original: Header): string {
  const subject = decodeHeaderText(original.last('Subject') ?? '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  return subject === '' ? 'Auto: your message' : `Auto: ${subject.slice(0, maxSubject).toWellFormed()}`
}

const isSound = (id: string): boolean => /^[!-;=?-~]{1,250}$/.test(id)

/** In-Reply-To and References of a reply; ids that could not be written back are left out. */
function threading(original: Header): ComposedField[] {
  const own = parseMessageIds(original.last('Message-ID') ?? '').filter(isSound)[0]
  if (own === undefined) return []
  const earlier = parseMessageIds(original.last('References') ?? original.last('In-Reply-To') ?? '').filter(isSound)
  const kept = earlier.length < maxReferences ? earlier : [...earlier.slice(0, 1), ...earlier.slice(2 - maxReferences)]
  return [
    { name: 'In-Reply-To', messageIds: [own] },
    { name: 'References', messageIds: [...kept, own] },
  ]
}
