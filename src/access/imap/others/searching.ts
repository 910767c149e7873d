/**
 * `ESEARCH` over mailboxes of others: each account that a source may reach searches its own.
 *
 * Standards: RFC 7377 §2.2.
 */
import type { MultiSearchCommand, RawCommand } from '../../../protocol/imap/index.ts'
import { multiSearch } from '../command/multi-search.ts'
import type { Completion, Context } from '../context.ts'
import { hostOf } from './names.ts'
import { reachesOwner } from './reach.ts'
import { forward, sentCommand, visit } from './visit.ts'

export function searchWithOthers(
  context: Context,
  command: MultiSearchCommand,
  raw: RawCommand,
): Promise<Completion | undefined> | undefined {
  const { others, visiting } = context
  const sources = command.sources ?? [{ source: 'SELECTED' }]
  if (visiting !== undefined && sources.every(({ source }) => source === 'SELECTED')) {
    return forward(context, visiting.host, raw)
  }
  const owners = others?.owners() ?? []
  const asked = owners.filter((owner) =>
    sources.some((source) =>
      source.source === 'SELECTED' ? owner.id === visiting?.host.id : reachesOwner(source, owner),
    ),
  )
  if (asked.length === 0) return undefined
  return (async () => {
    const completion = await multiSearch(context, command, raw.tag)
    const work = { do: 'command', command: sentCommand(raw), part: true } as const
    for (const owner of asked) {
      if (context.closed) return undefined
      const { refusal } = await visit(context, hostOf(owner), raw.tag, work, raw.literals)
      if (refusal !== undefined) context.output.text(`* NO ${refusal.text}\r\n`)
    }
    return context.closed ? undefined : completion
  })()
}
