/**
 * `ESEARCH`: a search over several mailboxes, whether one is selected or not.
 *
 * Standards: RFC 7377.
 */
import { bad, type MultiSearchCommand, type SearchKey, type SearchSource } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { namedMailboxes, nameOfMailbox, type NamedMailbox } from '../mailbox-names.ts'
import { isIn } from '../mailbox-source.ts'
import { highestModSeq, returnedValues, toSave } from '../search/result.ts'
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
  const isElsewhere = context.isPart || context.visiting !== undefined
  if (selected === undefined && !isElsewhere && sources.some(({ source }) => source === 'SELECTED'))
    throw bad('Select a mailbox first')
  const withModSeq = asksModSeq(command.key)
  if (withModSeq) context.enabled.add('CONDSTORE')
  const { store } = context
  for (const id of mailboxesOf(context, sources)) {
    const inSelected = id === selected?.mailbox
    if (!inSelected && store.mailbox(id) === undefined) continue
    const view = inSelected ? selected : Selected.open(store, id, true)
    const there = context.lookingAt(view)
    const { found, relevancy } = await runSearch(there, command)
    if (context.closed) break
    if (selectedOnly && returns.options.has('SAVE')) selected?.save(toSave(returns, found))
    // §2.1: a mailbox without a match has no response. Nor has what is only to be saved (RFC 5182 §2.1).
    if (found.length === 0 || (returns.options.has('SAVE') && returns.options.size === 1)) continue
    const name = context.mailboxName(nameOfMailbox(store, id) ?? '')
    const values = returnedValues(returns, found, ({ uid }) => uid, relevancy)
    // RFC 7162 §3.1.10.
    const modSeq = withModSeq ? highestModSeq(there, returns, found) : undefined
    const behind = modSeq === undefined ? '' : ` MODSEQ ${modSeq}`
    const source = `TAG "${tag}" MAILBOX ${name} UIDVALIDITY ${view.uidValidity}`
    context.output.text(`* ESEARCH (${source}) UID${values}${behind}\r\n`)
  }
  if (returns.options.has('UPDATE') && !context.isPart) {
    context.output.text(`* NO [NOUPDATE "${tag}"] Updates are of SEARCH and SORT\r\n`)
  }
  return { text: 'ESEARCH completed' }
}

/** Each mailbox once, in the order of the sources; names that do not exist are passed over (RFC 7377 §2.2). */
function mailboxesOf(context: Context, sources: readonly SearchSource[]): Set<NamedMailbox['mailbox']['id']> {
  const all = [...namedMailboxes(context.store).values()]
  const chosen = new Set<NamedMailbox['mailbox']['id']>()
  for (const source of sources) {
    if (source.source === 'SELECTED') {
      if (context.selected !== undefined) chosen.add(context.selected.mailbox)
      continue
    }
    // Somebody else's are nobody's personal ones (RFC 2342 §3).
    if (source.source === 'PERSONAL' && context.store.namePrefix !== undefined) continue
    for (const { name, mailbox } of all) {
      if (isIn({ name, isSubscribed: mailbox.isSubscribed, role: mailbox.role }, source)) chosen.add(mailbox.id)
    }
  }
  return chosen
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
