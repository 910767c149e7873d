/**
 * `LIST` and `LSUB` where others share something with the user: the levels of the namespace are said here, what lies below by
 * the accounts that it is in. An account is asked only when the patterns reach below its level.
 *
 * Standards: RFC 9051 §6.3.9, RFC 5258 §3 (extended), RFC 2342.
 */
import { StoreError } from '../../../mailbox/index.ts'
import type { ListCommand, RawCommand } from '../../../protocol/imap/index.ts'
import { levelLine, list } from '../command/list.ts'
import type { Completion, Context } from '../context.ts'
import { canonical, delimiter, matches, reaches } from '../mailbox-names.ts'
import { hostOf, levelsOf } from './names.ts'
import type { Host } from './visiting.ts'
import type { Owner } from './port.ts'
import { sentCommand, visit } from './visit.ts'

export function listWithOthers(
  context: Context,
  command: ListCommand,
  raw: RawCommand,
): Promise<Completion | undefined> | undefined {
  const owners = context.others?.owners() ?? []
  if (owners.length === 0 || (!command.extended && command.patterns[0] === '')) return undefined
  const patterns = command.patterns.map((pattern) => canonical(command.reference + pattern))
  const completion = list(context, command)
  const asked = owners.filter((owner) => patterns.some((pattern) => reaches(hostOf(owner).prefix, pattern)))
  tellLevels(context, command, patterns, owners)
  if (asked.length === 0) return Promise.resolve(completion)
  return askAll(context, asked, raw).then(() => (context.closed ? undefined : completion))
}

/** `Other Users` and the owners, where a pattern ends with `%` (RFC 9051 §6.3.9), or they are asked for by their names. */
function tellLevels(
  context: Context,
  command: ListCommand,
  patterns: readonly string[],
  owners: readonly Owner[],
): void {
  if (command.name === 'LSUB' && !patterns[0]?.endsWith('%')) return
  const subscribedBelow = (level: string): boolean =>
    owners.some((owner) => owner.isSubscribed && hostOf(owner).prefix.startsWith(level + delimiter))
  for (const level of levelsOf(owners)) {
    if (patterns.some((pattern) => !pattern.endsWith('*') && matches(level, pattern))) {
      context.output.text(levelLine(context, command, level, subscribedBelow(level)))
    }
  }
}

/** In the order of the accounts, whichever answers first. Of one that is out of reach the client is told that. */
async function askAll(context: Context, owners: readonly Owner[], raw: RawCommand): Promise<void> {
  const answers = owners.map((owner) => ask(context, hostOf(owner), raw))
  for (const answer of answers) {
    const pieces = await answer
    if (pieces === 'unavailable') {
      context.output.text('* NO [UNAVAILABLE] Mailboxes of somebody else cannot be listed now\r\n')
    } else for (const piece of pieces) context.output.bytes(piece)
  }
}

async function ask(context: Context, host: Host, raw: RawCommand): Promise<readonly Uint8Array[] | 'unavailable'> {
  const pieces: Uint8Array[] = []
  try {
    const work = { do: 'command', command: sentCommand(raw), part: true } as const
    await visit(context, host, raw.tag, work, raw.literals, (octets) => void pieces.push(octets))
  } catch (error) {
    if (error instanceof StoreError && error.type === 'unavailable') return 'unavailable'
    throw error
  }
  return pieces
}
