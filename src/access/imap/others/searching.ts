/**
 * `ESEARCH` over mailboxes of others: each account that a source may reach searches its own.
 *
 * Standards: RFC 7377 §2.2.
 */
import type { MultiSearchCommand, RawCommand, SearchSource } from '../../../protocol/imap/index.ts'
import { multiSearch } from '../command/multi-search.ts'
import type { Completion, Context } from '../context.ts'
import { delimiter } from '../mailbox-names.ts'
import { hostOf } from './names.ts'
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
  const asked = owners.filter((owner) => {
    const { id, prefix } = hostOf(owner)
    return sources.some((source) => {
      if (source.source === 'SELECTED') return id === visiting?.host.id
      return source.source === 'SUBSCRIBED' ? owner.isSubscribed : reachesInto(source, prefix)
    })
  })
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

/** May this source name mailboxes below the prefix? */
function reachesInto(source: SearchSource, prefix: string): boolean {
  if (source.source === 'MAILBOXES') return source.mailboxes.some((name) => name.startsWith(prefix))
  if (source.source !== 'SUBTREE' && source.source !== 'SUBTREE-ONE') return false
  return source.mailboxes.some((top) => {
    if (top.startsWith(prefix) || top + delimiter === prefix) return true
    return source.source === 'SUBTREE' && prefix.startsWith(top + delimiter)
  })
}
