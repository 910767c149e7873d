/**
 * Where a search matched in a text, cut into words as the index is, so that what is marked is what was found.
 *
 * Standards: RFC 8621 §5 (SearchSnippet).
 */
import { foldWithOffsets } from './fold.ts'
import { parseWanted, type Wanted } from './query.ts'
import { joinLines, type Piece, pieces } from './tokens.ts'

/** The text on one line, as it is to be searched and shown. */
export function onOneLine(text: string): string {
  return joinLines(text).replace(/\s+/gu, ' ')
}

/** A half-open range of a text. */
export interface Match {
  readonly start: number
  readonly end: number
}

/** A word, or a character of a script without spaces. */
interface Token {
  readonly text: string
  readonly at: number
}

/** Finds words and phrases of search texts in other texts. */
export class Highlighter {
  readonly #wanted: readonly { readonly tokens: readonly Token[]; readonly prefix: boolean }[]

  /** `searches`: values of text conditions. Throws `unsupportedFilter` as a query with them does. */
  constructor(searches: readonly string[]) {
    const wanted = searches.flatMap(parseWanted)
    this.#wanted = wanted.map(({ pieces: list, prefix }: Wanted) => ({ tokens: tokensOf(list), prefix }))
  }

  /** Nothing is looked for. */
  get isEmpty(): boolean {
    return this.#wanted.length === 0
  }

  /** Ascending, apart from each other. The text is on one line. */
  find(text: string): Match[] {
    const folded = foldWithOffsets(text)
    const tokens = tokensOf([...pieces(folded.text)])
    const found: Match[] = []
    for (const { tokens: wanted, prefix } of this.#wanted) {
      const last = wanted.length - 1
      const isAt = (at: number): boolean =>
        wanted.every(({ text: word }, index) => isWord(tokens[at + index] as Token, word, prefix && index === last))
      for (let at = 0; at + last < tokens.length; at++) {
        if (!isAt(at)) continue
        const end = (tokens[at + last] as Token).at + (wanted[last] as Token).text.length
        found.push({ start: folded.offset((tokens[at] as Token).at), end: folded.offset(end) })
      }
    }
    return merged(found)
  }
}

function isWord(token: Token, word: string, prefix: boolean): boolean {
  return prefix ? token.text.startsWith(word) : token.text === word
}

function tokensOf(list: readonly Piece[]): Token[] {
  return list.flatMap(({ kind, text, at }) => (kind === 'unspaced' ? charactersOf(text, at) : [{ text, at }]))
}

function charactersOf(run: string, at: number): Token[] {
  let next = at
  return Array.from(run, (text) => {
    const token = { text, at: next }
    next += text.length
    return token
  })
}

function merged(matches: Match[]): Match[] {
  const result: Match[] = []
  for (const match of matches.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const last = result.at(-1)
    if (last !== undefined && match.start < last.end) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, match.end) }
    } else result.push(match)
  }
  return result
}
