/**
 * `ESEARCH`: a search over several mailboxes, whether one is selected or not.
 *
 * Standards: RFC 7377.
 */
import { bad, type MultiSearchCommand, type SearchKey, type SearchSource } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { canonical, delimiter, namedMailboxes, nameOfMailbox, type NamedMailbox } from '../mailbox-names.ts'
import { returnedValues } from '../search/result.ts'
import { asksModSeq, runSearch } from '../search/run.ts'
import { Selected } from '../selected.ts'

export async function multiSearch(context: Context, command: MultiSearchCommand, tag: string): Promise<Completion> {
  const sources = command.sources ?? [{ source: 'SELECTED' as const }]
  const returns = command.returns ?? { options: new Set(['ALL'] as const) }
  const selectedOnly = sources.every(({ source }) => source === 'SELECTED')
  // RFC 7377 §2.1: numbers and `$` mean messages of the selected mailbox, and so does what SAVE keeps.
  if (!selectedOnly && (returns.options.has('SAVE') || namesNumbers(command.key))) {
    throw bad('Message numbers, $ and SAVE belong to the selected mailbox')
  }
  const { selected } = context
  if (selected === undefined && sources.some(({ source }) => source === 'SELECTED')) throw bad('Select a mailbox first')
  if (asksModSeq(command.key)) context.enabled.add('CONDSTORE')
  const { store } = context
  for (const id of mailboxesOf(context, sources)) {
    const inSelected = id === selected?.mailbox
    if (!inSelected && store.mailbox(id) === undefined) continue
    const view = inSelected ? selected : Selected.open(store, id, true)
    const { found, relevancy } = await runSearch(context.lookingAt(view), command)
    if (context.closed) break
    if (selectedOnly && returns.options.has('SAVE')) selected?.save(found.map(({ uid }) => uid))
    // §2.1: a mailbox without a match has no response.
    if (found.length === 0) continue
    const name = context.mailboxName(nameOfMailbox(store, id) ?? '')
    const values = returnedValues(returns, found, ({ uid }) => uid, relevancy)
    context.output.text(`* ESEARCH (TAG "${tag}" MAILBOX ${name} UIDVALIDITY ${view.uidValidity}) UID${values}\r\n`)
  }
  return { text: 'ESEARCH completed' }
}

/** Each mailbox once, in the order of the sources; names that do not exist are passed over (RFC 7377 §2.2). */
function mailboxesOf(context: Context, sources: readonly SearchSource[]): Set<NamedMailbox['mailbox']['id']> {
  const all = [...namedMailboxes(context.store).values()]
  const chosen = new Set<NamedMailbox['mailbox']['id']>()
  for (const source of sources) {
    if (source.source === 'SELECTED') {
      chosen.add(context.mailbox.mailbox)
      continue
    }
    for (const named of all) if (isIn(named, source)) chosen.add(named.mailbox.id)
  }
  return chosen
}

function isIn({ mailbox, name }: NamedMailbox, source: SearchSource): boolean {
  switch (source.source) {
    case 'SELECTED':
      return false
    case 'PERSONAL':
      return true
    case 'SUBSCRIBED':
      return mailbox.isSubscribed
    case 'INBOXES':
      return mailbox.role === 'inbox'
    case 'MAILBOXES':
      return source.mailboxes.some((wanted) => canonical(wanted) === name)
    case 'SUBTREE':
      return source.mailboxes.some((top) => levelsBelow(name, canonical(top)) >= 0)
    case 'SUBTREE-ONE':
      return source.mailboxes.some((top) => [0, 1].includes(levelsBelow(name, canonical(top))))
  }
}

/** 0 for the mailbox itself, 1 for its children; -1 when it is not below. */
function levelsBelow(name: string, top: string): number {
  if (name === top) return 0
  if (!name.startsWith(top + delimiter)) return -1
  return name.slice(top.length).split(delimiter).length - 1
}

function namesNumbers(key: SearchKey): boolean {
  switch (key.key) {
    case 'AND':
    case 'OR':
      return key.keys.some(namesNumbers)
    case 'NOT':
    case 'FUZZY':
      return namesNumbers(key.of)
    case 'SEQUENCE':
      return true
    case 'UID':
      return key.set.saved
    default:
      return false
  }
}
