/**
 * `APPEND` into a mailbox of somebody else.
 *
 * Standards: RFC 9051 §6.3.12, RFC 4469 (CATENATE).
 */
import type { AppendCommand, RawCommand } from '../../../protocol/imap/index.ts'
import { messageOf } from '../command/append.ts'
import type { Completion, Context } from '../context.ts'
import { keywordsOfFlags } from '../flags.ts'
import { appendUid } from '../guest/put.ts'
import { expectHost } from './names.ts'
import type { Host } from './visiting.ts'
import { completionOf, forward, visit } from './visit.ts'

export async function appendElsewhere(
  context: Context,
  command: AppendCommand,
  raw: RawCommand,
): Promise<Completion | undefined> {
  const host = await expectHost(context, command.mailbox)
  const isPieced = command.messages.some(({ content }) => !(content instanceof Uint8Array))
  return isPieced ? pieced(context, host, command, raw.tag) : forward(context, host, raw)
}

/** URLs are read here: they name messages of the user's own. */
async function pieced(
  context: Context,
  host: Host,
  { mailbox, messages }: AppendCommand,
  tag: string,
): Promise<Completion | undefined> {
  const octets: Uint8Array[] = []
  for (const { content } of messages) octets.push(await messageOf(context, content))
  const facts = messages.map(({ flags, receivedAt }, index) => ({
    size: octets[index]?.length ?? 0,
    keywords: keywordsOfFlags(flags),
    receivedAt: receivedAt ?? context.now(),
  }))
  const answer = await visit(context, host, tag, { do: 'put', mailbox, messages: facts }, octets)
  completionOf(answer)
  return answer.put && { code: appendUid(answer.put), text: 'APPEND completed' }
}
