/**
 * Fuzzy keys: texts that match by words, without regard to case, accents and forms of script, as JMAP's text search does.
 *
 * Standards: RFC 6203 (FUZZY, RELEVANCY). How a server matches and rates is its own affair (§3, §4).
 */
import type { Filter, MailboxId } from '../../../mailbox/index.ts'
import { bad, type SearchKey } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'

/** What has been found for the fuzzy keys of one search. */
export class FuzzyMatches {
  readonly #emails = new Map<SearchKey, ReadonlySet<number>>()
  readonly #scores = new Map<number, number>()

  /** The emails that match a fuzzy text; undefined for a key that is to be matched exactly. */
  of(key: SearchKey): ReadonlySet<number> | undefined {
    return this.#emails.get(key)
  }

  get isEmpty(): boolean {
    return this.#emails.size === 0
  }

  /** 1 to 100. */
  score(email: number): number {
    return this.#scores.get(email) ?? 1
  }

  add(key: SearchKey, scores: ReadonlyMap<number, number>): void {
    this.#emails.set(key, new Set(scores.keys()))
    for (const [email, score] of scores) this.#scores.set(email, Math.max(score, this.#scores.get(email) ?? 0))
  }
}

/** A word in the subject says more of a message than one in its text. */
const weights = { subject: 100, from: 90, to: 70, cc: 60, bcc: 60, text: 40, body: 40 }

/** Asks the text index for every fuzzy text among the keys. */
export async function matchFuzzy(context: Context, key: SearchKey): Promise<FuzzyMatches> {
  const matches = new FuzzyMatches()
  const { mailbox } = context.mailbox
  for (const leaf of fuzzyTexts(key, false)) {
    const scores = new Map<number, number>()
    for (const [field, text] of conditionsOf(leaf)) {
      for (const email of await emailsWith(context, mailbox, field, text)) {
        if (!scores.has(email)) scores.set(email, weights[field])
      }
    }
    matches.add(leaf, scores)
  }
  return matches
}

type TextField = keyof typeof weights

function* fuzzyTexts(key: SearchKey, fuzzy: boolean): Generator<SearchKey> {
  switch (key.key) {
    case 'AND':
    case 'OR':
      for (const inner of key.keys) yield* fuzzyTexts(inner, fuzzy)
      break
    case 'NOT':
      yield* fuzzyTexts(key.of, fuzzy)
      break
    case 'FUZZY':
      yield* fuzzyTexts(key.of, true)
      break
    case 'SUBJECT':
    case 'BODY':
    case 'TEXT':
    case 'ADDRESS':
      if (fuzzy) yield key
      break
    default:
      break
  }
}

/** The best first: a message counts by the first of these that it fulfils. */
function conditionsOf(key: SearchKey): [TextField, string][] {
  switch (key.key) {
    case 'SUBJECT':
      return [['subject', key.text]]
    case 'BODY':
      return [['body', key.text]]
    case 'ADDRESS':
      return [[key.field, key.text]]
    case 'TEXT':
      return [
        ['subject', key.text],
        ['from', key.text],
        ['to', key.text],
        ['text', key.text],
      ]
    default:
      throw bad('Not a text')
  }
}

async function emailsWith(
  context: Context,
  inMailbox: MailboxId,
  field: TextField,
  text: string,
): Promise<readonly number[]> {
  const { store } = context
  const filter: Filter = { operator: 'AND', conditions: [{ inMailbox }, { [field]: text }] }
  const { ids } = await store.reading(() => store.query({ filter }))
  return ids
}
