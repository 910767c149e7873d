/**
 * `SEARCH`.
 *
 * Standards: RFC 9051 §6.4.4, §7.3.3–7.3.4 (ESEARCH), RFC 3501 §7.2.5, RFC 4731, RFC 5182 (SAVE), RFC 7162 §3.1.5–3.1.6.
 */
import {
  bad,
  formatUidSet,
  no,
  type SearchCommand,
  type SearchKey,
  type SearchReturn,
} from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { compile } from '../search/criterion.ts'
import { find, type Found } from '../search/find.ts'
import { candidates } from '../search/narrow.ts'

export async function search(context: Context, command: SearchCommand, tag: string): Promise<Completion> {
  const selected = context.mailbox
  // RFC 9755 §3: everything is UTF-8 then, and naming a charset an error.
  if (command.charset && context.enabled.has('UTF8=ACCEPT')) throw bad('CHARSET has no place with UTF8=ACCEPT')
  const save = command.returns?.has('SAVE') === true
  const withModSeq = asksModSeq(command.key)
  if (withModSeq) context.enabled.add('CONDSTORE')
  let found: Found[]
  try {
    if (command.unknownCharset) throw no('Unknown charset', 'BADCHARSET (UTF-8 US-ASCII)')
    found = await matching(context, command.key, candidates(context, command.key))
  } catch (error) {
    // RFC 5182 §2.1: a SEARCH that fails leaves an empty result behind.
    if (save) selected.save([])
    throw error
  }
  const numbers = found.map(({ sequence, uid }) => (command.uid ? uid : sequence))
  if (save)
    selected.save(
      toSave(
        command.returns as Set<SearchReturn>,
        found.map(({ uid }) => uid),
      ),
    )
  const modSeq = withModSeq && found.length > 0 ? highestModSeq(context, returned(command.returns, found)) : undefined
  if (command.returns === undefined && !context.rev2) {
    const list = numbers.length > 0 ? ` ${numbers.join(' ')}` : ''
    context.output.text(`* SEARCH${list}${modSeq === undefined ? '' : ` (MODSEQ ${modSeq})`}\r\n`)
  } else if (!(save && command.returns?.size === 1)) {
    const values = extended(command.returns ?? new Set(['ALL']), numbers)
    const uid = command.uid ? ' UID' : ''
    const behind = modSeq === undefined ? '' : ` MODSEQ ${modSeq}`
    context.output.text(`* ESEARCH (TAG "${tag}")${uid}${values}${behind}\r\n`)
  }
  return { text: 'SEARCH completed' }
}

/** Cheap keys of a conjunction narrow the messages first, then the rest is asked of those left. */
async function matching(context: Context, key: SearchKey, all: readonly number[]): Promise<Found[]> {
  const criteria = (key.key === 'AND' ? key.keys : [key]).map((inner) => ({ inner, ...compile(context, inner) }))
  const cheap = criteria.filter((criterion) => criterion.cost === 'view').map(({ inner }) => inner)
  const dear = criteria.filter((criterion) => criterion.cost !== 'view').map(({ inner }) => inner)
  const first = await find(context, compile(context, { key: 'AND', keys: cheap }), all)
  if (dear.length === 0) return first
  return find(
    context,
    compile(context, { key: 'AND', keys: dear }),
    first.map(({ sequence }) => sequence),
  )
}

function extended(returns: ReadonlySet<SearchReturn>, numbers: readonly number[]): string {
  let text = ''
  const first = numbers[0]
  if (first !== undefined) {
    if (returns.has('MIN')) text += ` MIN ${first}`
    if (returns.has('MAX')) text += ` MAX ${numbers.at(-1)}`
    if (returns.has('ALL')) text += ` ALL ${formatUidSet(numbers)}`
  }
  if (returns.has('COUNT')) text += ` COUNT ${numbers.length}`
  return text
}

/** RFC 5182 §2.4: MIN and MAX alone save what they return, anything else saves all. */
function toSave(returns: ReadonlySet<SearchReturn>, uids: readonly number[]): readonly number[] {
  const ends = (returns.has('MIN') || returns.has('MAX')) && !returns.has('ALL') && !returns.has('COUNT')
  if (!ends || uids.length === 0) return uids
  const kept: number[] = []
  if (returns.has('MIN')) kept.push(uids[0] as number)
  if (returns.has('MAX') && (kept.length === 0 || uids.length > 1)) kept.push(uids.at(-1) as number)
  return kept
}

/** The messages whose mod-sequences count: those that the answer names (RFC 7162 §3.1.6). */
function returned(returns: ReadonlySet<SearchReturn> | undefined, found: readonly Found[]): readonly Found[] {
  if (returns === undefined || returns.has('ALL') || returns.has('COUNT')) return found
  const ends: Found[] = []
  if (returns.has('MIN')) ends.push(found[0] as Found)
  if (returns.has('MAX')) ends.push(found.at(-1) as Found)
  return ends.length > 0 ? ends : found
}

function highestModSeq(context: Context, found: readonly Found[]): number {
  const { view } = context.mailbox
  let highest = 0
  for (const { uid } of found) {
    const row = view.indexOf(uid)
    if (row >= 0) highest = Math.max(highest, view.modseqAt(row))
  }
  return highest
}

function asksModSeq(key: SearchKey): boolean {
  if (key.key === 'AND' || key.key === 'OR') return key.keys.some(asksModSeq)
  return key.key === 'NOT' ? asksModSeq(key.of) : key.key === 'MODSEQ'
}
