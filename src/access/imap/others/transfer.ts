/**
 * `COPY` and `MOVE` from one account to another, by way of the user's own.
 *
 * A message is taken out of its mailbox only when it is committed in the other one: whatever fails in between, it is in one of
 * them at least. What is taken together is put together, all or none; where a COPY is more than that, what was put is taken
 * back when the rest fails.
 *
 * Standards: RFC 9051 §6.4.7–6.4.8, RFC 4315 §3 (COPYUID), RFC 4314 §4.
 * Limits: `maxTogether` octets in memory, and one message beyond.
 */
import { formatUidSet, type ImapCommand, type RawCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { expectHost, isOthersName } from './names.ts'
import type { Put } from './port.ts'
import { otherSource, ownSource, type Source } from './source.ts'
import { otherTarget, ownTarget, type Target } from './target.ts'
import { forward } from './visit.ts'

type Transfer = Extract<ImapCommand, { name: 'COPY' | 'MOVE' }>

const maxTogether = 32 * 1024 * 1024
const maxMessages = 1000

export async function transfer(context: Context, command: Transfer, raw: RawCommand): Promise<Completion | undefined> {
  const { visiting } = context
  const to = isOthersName(context, command.mailbox) ? await expectHost(context, command.mailbox) : undefined
  if (visiting !== undefined && to?.id === visiting.host.id) return forward(context, to, raw)
  const source = visiting === undefined ? ownSource(context, command) : otherSource(context, visiting.host, raw)
  const target =
    to === undefined ? ownTarget(context, command.mailbox) : otherTarget(context, to, command.mailbox, raw.tag)
  const named = await source.named()
  if (context.closed) return undefined
  if (named.length === 0) return { text: 'Nothing to do' }
  target.expect?.()
  const { uids, puts } = await carry(source, target, named)
  if (context.closed) return undefined
  const [first] = puts
  if (first === undefined || uids.length === 0) return { text: 'Nothing to do' }
  const destination = formatUidSet(puts.flatMap((put) => put.uids))
  const code = `COPYUID ${first.uidValidity} ${formatUidSet(uids)} ${destination}`
  if (command.name === 'COPY') return { code, text: 'COPY completed' }
  // RFC 6851 §4.3: before the EXPUNGEs.
  context.output.text(`* OK [${code}] Moved\r\n`)
  const done = await source.remove(uids)
  return context.closed ? undefined : { text: 'MOVE completed', ...done }
}

async function carry(
  source: Source,
  target: Target,
  named: readonly (readonly [uid: number, size: number])[],
): Promise<{ uids: number[]; puts: Put[] }> {
  const uids: number[] = []
  const puts: Put[] = []
  try {
    for (const together of batches(named)) {
      const messages = await source.take(together)
      if (messages.length === 0) continue
      puts.push(await target.put(messages))
      for (const { uid } of messages) uids.push(uid)
    }
  } catch (error) {
    for (const put of puts) await target.withdraw(put)
    throw error
  }
  return { uids, puts }
}

function* batches(named: readonly (readonly [uid: number, size: number])[]): Generator<number[]> {
  let uids: number[] = []
  let octets = 0
  for (const [uid, size] of named) {
    if (uids.length > 0 && (octets + size > maxTogether || uids.length >= maxMessages)) {
      yield uids
      uids = []
      octets = 0
    }
    uids.push(uid)
    octets += size
  }
  if (uids.length > 0) yield uids
}
