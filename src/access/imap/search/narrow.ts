/**
 * Which messages a search has to look at, as far as the full-text index can tell: all that match, and few others.
 *
 * The index holds words and IMAP looks for substrings (RFC 9051 §6.4.4), so what it leaves is still asked one by one. A
 * negated key narrows nothing, since the messages that may have a text say nothing about those that have it.
 */
import type { EmailSet } from '../../../mailbox/index.ts'
import type { SearchKey } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import type { FuzzyMatches } from './fuzzy.ts'

/** Sequence numbers of the messages for which the key may hold, ascending. Undefined: any message may match. */
export function candidates(context: Context, key: SearchKey, fuzzy: FuzzyMatches): number[] | undefined {
  const { map, view } = context.mailbox
  const emails = narrowed(context, key, fuzzy)
  if (emails === undefined) return undefined
  const sequences: number[] = []
  for (let row = 0; row < view.length; row++) {
    if (!emails.has(view.emails[row] as number)) continue
    const sequence = map.sequenceOf(view.uids[row] as number)
    if (sequence > 0) sequences.push(sequence)
  }
  return sequences
}

/** Undefined: any message may match. */
function narrowed(context: Context, key: SearchKey, fuzzy: FuzzyMatches): EmailSet | undefined {
  const { store } = context
  const matched = fuzzy.of(key)
  if (matched !== undefined) return matched
  switch (key.key) {
    case 'AND': {
      const sets = key.keys.map((inner) => narrowed(context, inner, fuzzy)).filter((set) => set !== undefined)
      return sets.length === 0 ? undefined : { has: (email) => sets.every((set) => set.has(email)) }
    }
    case 'OR': {
      const sets: EmailSet[] = []
      for (const inner of key.keys) {
        const set = narrowed(context, inner, fuzzy)
        if (set === undefined) return undefined
        sets.push(set)
      }
      return { has: (email) => sets.some((set) => set.has(email)) }
    }
    case 'FUZZY':
      return narrowed(context, key.of, fuzzy)
    case 'SUBJECT':
      return store.mayContain(key.text, { field: 'Subject' })
    case 'ADDRESS':
      return store.mayContain(key.text, { field: key.field })
    case 'HEADER':
      // Without a text, the field must be there: its name is part of the header's text.
      return key.text === '' ? store.mayContain(key.name, 'text') : store.mayContain(key.text, { field: key.name })
    case 'BODY':
      return store.mayContain(key.text, 'body')
    case 'TEXT':
      return store.mayContain(key.text, 'text')
    default:
      return undefined
  }
}
