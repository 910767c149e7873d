/**
 * Runs a search program over the selected mailbox.
 *
 * Standards: RFC 9051 §6.4.4, RFC 9755 §3 (no CHARSET with UTF8=ACCEPT).
 */
import { bad, no, type SearchKey, type SearchProgram } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import { compile } from './criterion.ts'
import { find, type Found } from './find.ts'
import { candidates } from './narrow.ts'

/** The messages found, ascending. Throws `NO [BADCHARSET …]`, `BAD`. */
export async function runSearch(context: Context, program: SearchProgram): Promise<Found[]> {
  if (program.charset && context.enabled.has('UTF8=ACCEPT')) throw bad('CHARSET has no place with UTF8=ACCEPT')
  if (program.unknownCharset) throw no('Unknown charset', 'BADCHARSET (UTF-8 US-ASCII)')
  const { key } = program
  const all = candidates(context, key)
  // Cheap keys of a conjunction narrow the messages first, then the rest is asked of those left.
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

/** A MODSEQ key anywhere: the answer names a mod-sequence, and CONDSTORE is on from now (RFC 7162 §3.1.5). */
export function asksModSeq(key: SearchKey): boolean {
  if (key.key === 'AND' || key.key === 'OR') return key.keys.some(asksModSeq)
  return key.key === 'NOT' ? asksModSeq(key.of) : key.key === 'MODSEQ'
}
