/**
 * Runs a search program over the selected mailbox.
 *
 * Standards: RFC 9051 §6.4.4, RFC 9755 §3 (no CHARSET with UTF8=ACCEPT), RFC 6203 (FUZZY).
 */
import { bad, no, type SearchKey, type SearchProgram } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import { compile } from './criterion.ts'
import { find, type Found } from './find.ts'
import { matchFuzzy } from './fuzzy.ts'
import { candidates } from './narrow.ts'

export interface SearchOutcome {
  /** Ascending. */
  readonly found: readonly Found[]
  /** How well a message fits, 1 to 100; undefined when nothing fuzzy was asked for. */
  readonly relevancy: ((found: Found) => number) | undefined
}

/** `once`: nothing comes behind it in the same command. Throws `NO [BADCHARSET …]`, `BAD`. */
export async function runSearch(context: Context, program: SearchProgram, goes?: 'once'): Promise<SearchOutcome> {
  if (program.charset && context.enabled.has('UTF8=ACCEPT')) throw bad('CHARSET has no place with UTF8=ACCEPT')
  if (program.unknownCharset) throw no('Unknown charset', 'BADCHARSET (UTF-8 US-ASCII)')
  const { key } = program
  const fuzzy = await matchFuzzy(context, key)
  const all = candidates(context, key, fuzzy)
  // Cheap keys of a conjunction narrow the messages first, then the rest is asked of those left.
  const keys = key.key === 'AND' ? key.keys : [key]
  const criteria = keys.map((inner) => ({ inner, ...compile(context, inner, fuzzy) }))
  const cheap = criteria.filter((criterion) => criterion.cost === 'view').map(({ inner }) => inner)
  const dear = criteria.filter((criterion) => criterion.cost !== 'view').map(({ inner }) => inner)
  let found = await find(context, compile(context, { key: 'AND', keys: cheap }, fuzzy), all)
  if (dear.length > 0) {
    const left = found.map(({ sequence }) => sequence)
    if (goes === 'once') context.progress?.expect(left.length)
    found = await find(context, compile(context, { key: 'AND', keys: dear }, fuzzy), left)
  }
  const { view } = context.mailbox
  const scored = ({ uid }: Found): number => fuzzy.score(view.emails[view.indexOf(uid)] ?? 0)
  return { found, relevancy: hasFuzzy(key) ? scored : undefined }
}

/** A MODSEQ key anywhere: the answer names a mod-sequence, and CONDSTORE is on from now (RFC 7162 §3.1.5). */
export function asksModSeq(key: SearchKey): boolean {
  return hasKey(key, (inner) => inner.key === 'MODSEQ')
}

/** Message sequence numbers anywhere; `$` has none. */
export function namesSequences(key: SearchKey): boolean {
  return hasKey(key, (inner) => inner.key === 'SEQUENCE' && !inner.set.saved)
}

export function hasFuzzy(key: SearchKey): boolean {
  return hasKey(key, (inner) => inner.key === 'FUZZY')
}

function hasKey(key: SearchKey, wanted: (key: SearchKey) => boolean): boolean {
  if (wanted(key)) return true
  if (key.key === 'AND' || key.key === 'OR') return key.keys.some((inner) => hasKey(inner, wanted))
  return (key.key === 'NOT' || key.key === 'FUZZY') && hasKey(key.of, wanted)
}
