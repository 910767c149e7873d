/**
 * What a search text asks for, in terms of the index.
 *
 * Words must all occur, in any order; a word with punctuation in it (an address, a hyphen) is the phrase of its parts.
 * Text in double or single quotes is a phrase of whole words. A trailing `*` stands for any rest of the word. The last
 * word outside of quotes does so by itself from three characters on, as people expect who search while they type.
 *
 * Standards: RFC 8621 §4.4.1 (quoting; words must all be present; case aside).
 * Limits: `maxWords`, `maxLength`.
 * Security: terms hold letters, digits and private marks only, and are quoted, so FTS5 never sees syntax of the client.
 */
import { StoreError } from '../errors.ts'
import { fold } from './fold.ts'
import { type Piece, pairs, pieces, tripleStart, triples, wholeCode } from './tokens.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Terms in a row; with `prefix`, the last is the beginning of one. */
export interface Phrase {
  readonly terms: readonly string[]
  readonly prefix: boolean
  /** With `prefix`: of a plain word, so that the vocabulary knows all that it may be. */
  readonly ofWord?: true
}

/** One of these phrases must occur. */
export type Alternatives = readonly Phrase[]

/** All of these must occur. Empty: nothing is asked for. */
export type SearchQuery = readonly Alternatives[]

const maxWords = 64
const maxLength = 4000
const minTypedPrefix = 3
/** Words in place of a prefix: each is a list that is read beside the others. */
const maxSpelledOut = 16

/** A word or phrase of a search text. */
export interface Wanted {
  /** Not empty. */
  readonly pieces: readonly Piece[]
  /** The last piece may go on. */
  readonly prefix: boolean
}

/** Throws `unsupportedFilter` when it is beyond the limits. */
export function parseSearch(text: string): SearchQuery {
  return parseWanted(text).map(({ pieces: list, prefix }) => phrasesOf(list, prefix))
}

/** Throws `unsupportedFilter` when it is beyond the limits. */
export function parseWanted(text: string): Wanted[] {
  if (text.length > maxLength) throw new StoreError('unsupportedFilter', 'the search text is too long')
  const wanted: Wanted[] = []
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'(?=\s|$)|(\S+)/gsu)) {
    const quoted = match[1] ?? match[2]
    const word = quoted === undefined ? (match[3] as string) : quoted.replace(/\\(.)/gsu, '$1')
    const list = [...pieces(fold(word))]
    const typed = match.index + match[0].length === text.length && Array.from(word).length >= minTypedPrefix
    if (list.length > 0) wanted.push({ pieces: list, prefix: quoted === undefined && (typed || word.endsWith('*')) })
  }
  if (wanted.length > maxWords) throw new StoreError('unsupportedFilter', 'the search text has too many words')
  return wanted
}

/** A phrase of whole words, but for the end when `prefix`. Scripts without spaces match anywhere in a run. */
export function phrasesOf(list: readonly Piece[], prefix: boolean): Phrase[] {
  const last = list.at(-1)
  if (last === undefined) return []
  const before = list.slice(0, -1).flatMap(wholeTerms)
  return endings(last, prefix).map((phrase) => ({ ...phrase, terms: [...before, ...phrase.terms] }))
}

export function wholeTerms({ kind, text }: Piece): string[] {
  if (kind === 'plain') return [text]
  return kind === 'unspaced' ? pairs(text) : triples(wholeCode(text))
}

function endings(piece: Piece, prefix: boolean): Phrase[] {
  const { kind, text } = piece
  if (kind === 'unspaced') return [runOf(text)]
  if (!prefix) return [{ terms: wholeTerms(piece), prefix: false }]
  const asCode = codePart(wholeCode(text).slice(0, text.length + 1))
  return kind === 'code' ? [asCode] : [{ terms: [text], prefix: true, ofWord: true }, asCode]
}

/** Characters in a row anywhere in a run. */
export function runOf(text: string): Phrase {
  const terms = pairs(text)
  return terms.length === 1 ? { terms, prefix: true } : { terms: terms.slice(0, -1), prefix: false }
}

/** Characters in a row anywhere in a code; with `codeStart` at its beginning. At least two. */
export function codePart(text: string): Phrase {
  return text.length < 3 ? { terms: [tripleStart(text)], prefix: true } : { terms: triples(text), prefix: false }
}

/**
 * The query with the beginnings of words replaced by the words, where they are few: FTS5 merges the whole lists of a prefix
 * before it gives the first match, while a term's list is read from either end.
 */
export function spelledOut(query: SearchQuery, vocabulary: Vocabulary): SearchQuery {
  return query.map((phrases) =>
    phrases.flatMap((phrase) => {
      if (phrase.ofWord !== true) return [phrase]
      const words = vocabulary.beginning(phrase.terms.at(-1) as string, maxSpelledOut)
      if (words === undefined || words.length === 0) return [phrase]
      const before = phrase.terms.slice(0, -1)
      return words.map((word): Phrase => ({ terms: [...before, word], prefix: false }))
    }),
  )
}

/** The query as FTS5 reads it, over these columns. The query must ask for something. */
export function matchExpression(query: SearchQuery, columns: readonly string[]): string {
  const all = query.map((phrases) => {
    const some = phrases.map(({ terms, prefix }) => `"${terms.join(' ')}"${prefix ? '*' : ''}`)
    return some.length === 1 ? (some[0] as string) : `(${some.join(' OR ')})`
  })
  return `{${columns.join(' ')}} : (${all.join(' AND ')})`
}

/** Does the query hold for texts of these terms? A phrase lies within one of them. */
export function holds(query: SearchQuery, texts: readonly (readonly string[])[]): boolean {
  return query.every((phrases) => phrases.some((phrase) => texts.some((terms) => positionOf(phrase, terms, 0) >= 0)))
}

/** The first place at or after `from` where the phrase occurs, or -1. */
export function positionOf({ terms: wanted, prefix }: Phrase, terms: readonly string[], from: number): number {
  const last = wanted.length - 1
  for (let at = from; at + last < terms.length; at++) {
    let length = 0
    while (length < last && terms[at + length] === wanted[length]) length++
    if (length < last) continue
    const end = terms[at + last] as string
    if (prefix ? end.startsWith(wanted[last] as string) : end === wanted[last]) return at
  }
  return -1
}
