/**
 * Narrows a search for a substring to the emails whose indexed terms allow it.
 *
 * Every word within the text sought is a word of the email, except at its ends: there the text may begin inside a word
 * or stop inside one. An end is looked up in all ways in which the index may hold it: words of the vocabulary that end
 * with it (or contain it, when it is all there is), a run of characters, a part of a code, the beginning of a term.
 * What cannot be looked up narrows nothing. See docs/design/search.md for why this leaves nothing out.
 *
 * Standards: RFC 9051 §6.4.4 (a key matches if the string is a substring of the associated text).
 */
import { fold } from './fold.ts'
import { codePart, phrasesOf, runOf, type Alternatives, type SearchQuery, wholeTerms } from './query.ts'
import { codeEnd, incomplete, joinLines, type Piece, pieces } from './tokens.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Words that one end of the text may stand for; above, reading them costs more than they narrow. */
const maxWords = 200
/** Parts that are looked up: more of them narrow no further. */
const maxParts = 16

/** What must hold for every email that contains the text; undefined when nothing is known. */
export function narrowing(text: string, vocabulary: Vocabulary): SearchQuery | undefined {
  const folded = joinLines(fold(text))
  const list = [...pieces(folded)]
  const parts: Alternatives[] = []
  for (const [index, piece] of list.entries()) {
    const openStart = index === 0 && piece.at === 0
    // A line end behind is no end: the index joins lines of scripts without spaces.
    const openEnd = index === list.length - 1 && /^[\r\n]*$/.test(folded.slice(piece.at + piece.text.length))
    const part = alternatives(piece, openStart, openEnd, vocabulary)
    if (part !== undefined) parts.push(part)
    if (parts.length === maxParts) break
  }
  return parts.length === 0 ? undefined : parts
}

/** Emails that always have to be looked at. */
export const incompleteEmails: SearchQuery = [[{ terms: [incomplete], prefix: false }]]

function alternatives(
  piece: Piece,
  openStart: boolean,
  openEnd: boolean,
  vocabulary: Vocabulary,
): Alternatives | undefined {
  const { kind, text } = piece
  if (kind === 'unspaced') {
    // A run goes on beyond an open end; a closed end is known by its last character standing alone.
    return openEnd ? [runOf(text)] : [{ terms: wholeTerms(piece), prefix: false }]
  }
  if (!openStart) return phrasesOf([piece], openEnd)
  if (text.length < 2) return undefined
  const inCode = codePart(openEnd ? text : text + codeEnd)
  if (kind === 'code') return [inCode]
  const words = vocabulary.having(text, !openEnd, maxWords)
  return words && [...words.map((word) => ({ terms: [word], prefix: false })), inCode]
}
