/**
 * `SEARCH` and `SORT`.
 *
 * Standards: RFC 9051 §6.4.4, §7.3.3–7.3.4 (ESEARCH), RFC 3501 §7.2.5, RFC 4731, RFC 5182 (SAVE), RFC 5256 (SORT), RFC 5267
 * §3.1 (ESORT), §4 (CONTEXT), RFC 6203 (FUZZY, RELEVANCY), RFC 7162 §3.1.5–3.1.6, RFC 9394 (PARTIAL).
 */
import { bad, type SearchCommand, type SearchReturnOptions, type SortCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { closedKey } from '../live/closed-key.ts'
import { LiveSearch } from '../live/live-search.ts'
import type { Found } from '../search/find.ts'
import { highestModSeq, returnedValues, toSave } from '../search/result.ts'
import { asksModSeq, hasFuzzy, runSearch } from '../search/run.ts'
import { sorted } from '../sort/sort.ts'

const everything: SearchReturnOptions = { options: new Set(['ALL']) }

export async function search(context: Context, command: SearchCommand | SortCommand, tag: string): Promise<Completion> {
  const selected = context.mailbox
  const { returns } = command
  const save = returns?.options.has('SAVE') === true
  const follow = returns?.options.has('UPDATE') === true
  // RFC 5267 §4.3: the tag is what updates are told by.
  if (follow && selected.live.has(tag)) throw bad('Tag reuse')
  const withModSeq = asksModSeq(command.key)
  if (withModSeq) context.enabled.add('CONDSTORE')
  let found: readonly Found[]
  let relevancy: ((found: Found) => number) | undefined
  try {
    ;({ found, relevancy } = await runSearch(context, command, 'once'))
    if (relevancy === undefined && asksRelevancy(command)) throw bad('RELEVANCY needs a FUZZY key')
    if (command.name === 'SORT') found = sorted(context, found, command.criteria, relevancy)
  } catch (error) {
    // RFC 5182 §2.1: a SEARCH that fails leaves an empty result behind.
    if (save) selected.save([])
    throw error
  }
  if (save) selected.save(toSave(returns, found))
  const number = ({ sequence, uid }: Found): number => (command.uid ? uid : sequence)
  const modSeq = withModSeq ? highestModSeq(context, returns, found) : undefined
  if (returns === undefined && (command.name === 'SORT' || !context.rev2)) {
    let list = ''
    for (const message of found) list += ` ${number(message)}`
    context.output.text(`* ${command.name}${list}${modSeq === undefined ? '' : ` (MODSEQ ${modSeq})`}\r\n`)
  } else if (!(save && returns.options.size === 1)) {
    const values = returnedValues(returns ?? everything, found, number, relevancy)
    const behind = modSeq === undefined ? '' : ` MODSEQ ${modSeq}`
    context.output.text(`* ESEARCH (TAG "${tag}")${command.uid ? ' UID' : ''}${values}${behind}\r\n`)
  }
  if (follow && !followed(context, command, tag, found)) {
    context.output.text(`* NO [NOUPDATE "${tag}"] Updates of this are not to be had\r\n`)
  }
  return { text: `${command.name} completed` }
}

/** Is the client told of changes from now on? Not of what is fuzzy: other messages change how well one fits. */
function followed(
  context: Context,
  command: SearchCommand | SortCommand,
  tag: string,
  found: readonly Found[],
): boolean {
  if (hasFuzzy(command.key)) return false
  const selected = context.mailbox
  const fetch = command.returns?.updates
  const criteria = command.name === 'SORT' ? command.criteria : undefined
  const key = closedKey(command.key, selected)
  const terms = { tag, uid: command.uid, key, ...(criteria && { criteria }), ...(fetch && { fetch }) }
  return selected.live.add(
    new LiveSearch(
      terms,
      found.map(({ uid }) => uid),
    ),
  )
}

function asksRelevancy(command: SearchCommand | SortCommand): boolean {
  if (command.returns?.options.has('RELEVANCY') === true) return true
  return command.name === 'SORT' && command.criteria.some(({ key }) => key === 'RELEVANCY')
}
