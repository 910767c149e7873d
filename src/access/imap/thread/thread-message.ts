/**
 * What threading needs to know of a message.
 *
 * Standards: RFC 5256 §2.2 (sent date), §3 (which identifiers count as references).
 */
import { parseHeader, parseMessageIds, readSubject } from '../../../format/index.ts'
import { foldOf, readEnvelope } from '../../../mailbox/index.ts'
import type { Context } from '../context.ts'
import type { Found } from '../search/find.ts'

export interface ThreadMessage {
  readonly sequence: number
  readonly uid: number
  /** When it was sent, or where that is not known received; milliseconds. */
  readonly date: number
  readonly received: number
  /** Folded; '' when nothing is left of the subject. */
  readonly baseSubject: string
  readonly isReply: boolean
  /** Without brackets; '' when there is none. */
  readonly messageId: string
  /** Oldest ancestor first. */
  readonly references: readonly string[]
}

const fold = foldOf('i;unicode-casemap')

/** In the order given; those that are gone are left out. `references` are read only where they are asked for. */
export async function readThreadMessages(
  context: Context,
  found: readonly Found[],
  withReferences: boolean,
): Promise<ThreadMessage[]> {
  const { store } = context
  const bySubject = ['subject', 'sentAt'] as const
  const columns = withReferences ? ([...bySubject, 'envelope', 'headerSize'] as const) : bySubject
  const sequences = new Map(found.map(({ uid, sequence }) => [uid, sequence]))
  const uids = found.map(({ uid }) => uid)
  const messages: ThreadMessage[] = []
  for (const row of store.envelopes(context.mailbox.mailbox, uids, columns)) {
    context.progress?.advance()
    const { view } = context.mailbox
    const at = view.indexOf(row.uid)
    if (at < 0) continue
    const received = view.received[at] as number
    const { base, isReply } = readSubject(row.subject ?? '')
    let messageId = ''
    let references: readonly string[] = []
    if (withReferences) {
      const envelope = readEnvelope(row.envelope ?? '')
      messageId = parseMessageIds(envelope.messageId ?? '')[0] ?? ''
      const header = await store.reading(() => store.slice(row.emailId, 0, row.headerSize ?? 0))
      const field = header === undefined ? undefined : parseHeader(header).header.first('References')
      references = parseMessageIds(field ?? '')
      // RFC 5256 §3: without References, the first identifier of In-Reply-To.
      if (references.length === 0) references = parseMessageIds(envelope.inReplyTo ?? '').slice(0, 1)
    }
    messages.push({
      sequence: sequences.get(row.uid) as number,
      uid: row.uid,
      date: row.sentAt ?? received,
      received,
      baseSubject: fold(base),
      isReply,
      messageId,
      references,
    })
    if (context.closed) break
  }
  return messages
}
