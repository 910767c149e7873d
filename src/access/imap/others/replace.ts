/**
 * `REPLACE` where the old message, the new one or both are somebody else's.
 *
 * From one account to another it cannot be one step: the new message is committed before the old one goes, so that there is
 * one of them at least.
 *
 * Standards: RFC 8508 §3.
 */
import { bad, SequenceSet, type RawCommand, type ReplaceCommand } from '../../../protocol/imap/index.ts'
import { messageOf } from '../command/append.ts'
import type { Completion, Context } from '../context.ts'
import { keywordsOfFlags } from '../flags.ts'
import { appendUid } from '../guest/put.ts'
import { expectHost, isOthersName } from './names.ts'
import { otherSource, ownSource } from './source.ts'
import { otherTarget, ownTarget } from './target.ts'
import { forward } from './visit.ts'

export async function replaceElsewhere(
  context: Context,
  command: ReplaceCommand,
  raw: RawCommand,
): Promise<Completion | undefined> {
  const { visiting } = context
  const { mailbox, message, uid, number } = command
  const to = isOthersName(context, mailbox) ? await expectHost(context, mailbox) : undefined
  if (to !== undefined && to.id === visiting?.host.id) return forward(context, to, raw)
  // The old message is named, and may be removed, as if it were moved.
  const source =
    visiting === undefined
      ? ownSource(context, { name: 'MOVE', uid, set: SequenceSet.parse(`${number}`), mailbox })
      : otherSource(context, visiting.host, {
          ...raw,
          name: uid ? 'UID MOVE' : 'MOVE',
          text: [` ${number} x`],
          literals: [],
        })
  const [old] = await source.named()
  if (context.closed) return undefined
  if (old === undefined) throw bad('No such message')
  const target = to === undefined ? ownTarget(context, mailbox) : otherTarget(context, to, mailbox, raw.tag)
  const put = await target.put([
    {
      uid: 0,
      raw: await messageOf(context, message.content),
      keywords: keywordsOfFlags(message.flags),
      receivedAt: message.receivedAt ?? context.now(),
    },
  ])
  // RFC 8508 §3.2: which message is the new one is told before the old one goes.
  context.output.text(`* OK [${appendUid(put)}] Replacement stored\r\n`)
  const done = await source.remove([old[0]])
  return context.closed ? undefined : { text: 'REPLACE completed', ...done }
}
