/**
 * All that a mailbox wants to know of a message, once, at delivery: so that no list, thread or IMAP FETCH of envelopes
 * has to open the message again.
 *
 * Standards: RFC 9051 §7.5.2, RFC 8621 §4.1, RFC 5256 §2.1.
 */
import { flattenAddresses, parseAddressList } from '../address/list.ts'
import { decodeHeaderText } from '../text/encoded-word.ts'
import { baseSubject } from './base-subject.ts'
import { bodyParts } from './body-parts.ts'
import { renderBodyStructure } from './body-structure.ts'
import { crlfSize } from './crlf-size.ts'
import { parseDate } from './date.ts'
import { renderEnvelope } from './envelope.ts'
import { parseMessageIds } from './message-id.ts'
import { parseMessage } from './parse.ts'
import type { Part } from './part.ts'
import { previewOf } from './preview.ts'
import { encodeParts } from './stored-parts.ts'
import type { MessageSummary } from './summary.ts'
import { surrogateSize } from '../surrogate/surrogate.ts'

/** `root`: what `parseMessage(raw)` gave, if that has been done already. Never throws. */
export function summarise(raw: Uint8Array, root: Part = parseMessage(raw)): MessageSummary {
  const { header } = root
  const ids = (name: string): string[] => parseMessageIds(header.last(name) ?? '')
  const subject = decodeHeaderText(header.last('subject') ?? '')
  const bodies = bodyParts(root)
  const summary: MessageSummary = {
    inReplyTo: ids('in-reply-to'),
    references: ids('references'),
    subject,
    baseSubject: baseSubject(subject),
    from: flattenAddresses(parseAddressList(header.last('from') ?? '')),
    envelope: renderEnvelope(header),
    bodyStructure: renderBodyStructure(root, true),
    parts: encodeParts(root),
    preview: previewOf(raw, bodies),
    hasAttachment: bodies.hasAttachment,
    headerSize: root.bodyStart,
    crlfSize: crlfSize(raw),
  }
  const messageId = ids('message-id')[0]
  if (messageId !== undefined) summary.messageId = messageId
  const surrogate = surrogateSize(raw, root)
  if (surrogate !== undefined) summary.surrogateSize = surrogate
  const date = parseDate(header.last('date') ?? '')
  if (date) {
    summary.sentAt = date.time
    summary.sentZone = date.zone
  }
  return summary
}
