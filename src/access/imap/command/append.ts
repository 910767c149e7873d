/**
 * `APPEND`: one or more messages, all or none. `REPLACE`: one of the selected mailbox gives way to a new one, in one step.
 *
 * Standards: RFC 9051 §6.3.12, RFC 3502 (MULTIAPPEND), RFC 3516 §4.4 (BINARY), RFC 4315 §3 (APPENDUID), RFC 4469 (CATENATE),
 * RFC 8508 (REPLACE).
 */
import { withoutBinary } from '../../../format/index.ts'
import type { Email, Octets } from '../../../mailbox/index.ts'
import {
  bad,
  formatUidSet,
  no,
  type AppendCommand,
  type AppendMessage,
  type ReplaceCommand,
} from '../../../protocol/imap/index.ts'
import { catenate } from '../catenate.ts'
import type { Completion, Context } from '../context.ts'
import { keywordsOfFlags } from '../flags.ts'
import { expectMailbox } from '../mailbox-names.ts'
import type { SequenceMap } from '../sequence-map.ts'
import { highestModSeqCode } from './expunge.ts'

export async function append(context: Context, command: AppendCommand): Promise<Completion> {
  const code = await put(context, command.mailbox, command.messages, () => undefined)
  return { code, text: 'APPEND completed' }
}

export async function replace(context: Context, command: ReplaceCommand): Promise<Completion> {
  const { map } = context.writable
  const uid = uidToReplace(map, command)
  if (uid === 0) throw bad('No such message')
  const code = await put(context, command.mailbox, [command.message], () => {
    const { mailbox, view } = context.writable
    // Gone while the new one was on its way: then there is nothing to replace, and nothing is added (RFC 8508 §3.3).
    if (view.indexOf(uid) < 0) throw no('The message to replace is gone', 'EXPUNGEISSUED')
    context.store.expunge(mailbox, [uid])
  })
  // RFC 8508 §3.2: which message is the new one is told before the old one goes.
  context.output.text(`* OK [${code}] Replacement stored\r\n`)
  return { text: 'REPLACE completed', ...highestModSeqCode(context, context.mailbox.mailbox) }
}

/** 0 for a message sequence number, or `*`, that nothing has (RFC 8508 §5, seq-number). */
function uidToReplace(map: SequenceMap, { uid, number }: ReplaceCommand): number {
  if (uid && number !== '*') return number
  const sequence = number === '*' ? map.length : number
  return sequence > 0 && sequence <= map.length ? map.uidAt(sequence) : 0
}

/** Stores messages, and in the same transaction does what is to come with it. The APPENDUID response code. */
async function put(
  context: Context,
  mailboxName: string,
  messages: readonly AppendMessage[],
  along: () => void,
): Promise<string> {
  const { store } = context
  expectMailbox(store, mailboxName, 'TRYCREATE')
  const raws: Uint8Array[] = []
  for (const { content } of messages) raws.push(await messageOf(context, content))
  const incoming = store.incoming()
  try {
    const octets: Octets[] = []
    for (const raw of raws) octets.push(await incoming.message(raw))
    const { mailbox } = expectMailbox(store, mailboxName, 'TRYCREATE')
    const add = (): Email[] => {
      const added = store.add(
        messages.map(({ flags, receivedAt }, index) => ({
          raw: octets[index] as Octets,
          mailboxIds: [mailbox.id],
          keywords: keywordsOfFlags(flags),
          ...(receivedAt !== undefined && { receivedAt }),
        })),
      )
      along()
      return added
    }
    const emails = context.actingItself(() => store.transaction(add))
    return `APPENDUID ${mailbox.uidValidity} ${formatUidSet(emails.map((email) => email.places[0]?.uid as number))}`
  } finally {
    await incoming.settle()
  }
}

export async function messageOf(context: Context, content: AppendMessage['content']): Promise<Uint8Array> {
  const raw = content instanceof Uint8Array ? content : await catenate(context, content)
  if (raw.length === 0) throw no('The message is empty')
  const text = withoutBinary(raw)
  if (text.includes(0)) throw no('NUL belongs into parts whose encoding can be changed', 'UNKNOWN-CTE')
  return text
}
