/**
 * Cuts folded text into the terms of the index. Three kinds, told apart by the word alone:
 *
 * - A plain word is one term.
 * - Scripts written without spaces (and flags) become overlapping pairs of characters, and the last character alone, so that a
 *   word of two characters is one term and any longer one a phrase.
 * - A code (a number, an identifier, a very long word) becomes overlapping triples between two end marks: such words
 *   are mostly met once, and would fill the vocabulary that searches for substrings read.
 *
 * Emoji are words of their own; everything else separates.
 *
 * Limits: a code's first 256 characters are kept, and so many triples per text as `Tokens` is told.
 * Security: fed by anyone; one pass, linear.
 */

/** Private use characters mark terms: no text can contain them, since they are neither letters nor digits. */
const codeMark = '\ue000'
export const codeStart = '\ue001'
export const codeEnd = '\ue002'
/** Between texts that do not belong together: no phrase runs across. */
export const gap = '\ue003'
/** The email has text that is not in the index. */
export const incomplete = '\ue004'

const words = /[\p{L}\p{N}\p{M}\p{RI}]+|\p{Extended_Pictographic}/gu
const asciiWords = /[a-z0-9]+/g
const unspaced =
  /(?:[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Bopo}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{RI}\u30fc]|\u3099|\u309a)+/gu
const maybeUnspaced = /[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\uffff]/
/** Lines that end within a Chinese or Japanese sentence: readers see no space there. */
const brokenLine = /(?<=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\u30fc])\r?\n(?=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\u30fc])/gu
const digit = /[0-9]/

const maxCodeLength = 256
const maxPlainLength = 24
const minCodeLength = 6

/** What a piece of a word becomes. */
export type Kind = 'plain' | 'unspaced' | 'code'

/** A maximal piece of one kind. */
export interface Piece {
  readonly kind: Kind
  readonly text: string
  /** Where it starts in the folded text. */
  readonly at: number
}

export function* pieces(folded: string): Generator<Piece> {
  const text = joinLines(folded)
  if (!maybeUnspaced.test(text)) {
    // oxlint-disable-next-line no-control-regex -- ASCII told apart
    const pattern = /^[\0-\x7f]*$/.test(text) ? asciiWords : words
    for (const { 0: word, index } of text.matchAll(pattern)) yield { kind: kindOf(word), text: word, at: index }
    return
  }
  for (const { 0: word, index } of text.matchAll(words)) {
    let from = 0
    for (const { 0: run, index: at } of word.matchAll(unspaced)) {
      if (at > from) yield spaced(word.slice(from, at), index + from)
      yield { kind: 'unspaced', text: run, at: index + at }
      from = at + run.length
    }
    if (from < word.length) yield spaced(word.slice(from), index + from)
  }
}

/** Terms of a text in order, as its column of the index takes them. */
export class Terms {
  readonly list: string[] = []
  /** The plain words among them: what the vocabulary knows. */
  readonly plain: Set<string>
  /** Triples that may still be added. */
  codeBudget: number
  /** False once a code was cut or left out. */
  complete = true

  constructor(codeBudget = Infinity, plain = new Set<string>()) {
    this.codeBudget = codeBudget
    this.plain = plain
  }

  /** Adds a folded text, apart from what is there. */
  add(folded: string): this {
    if (this.list.length > 0) this.list.push(gap)
    for (const { kind, text } of pieces(folded)) {
      if (kind === 'plain') {
        this.list.push(text)
        this.plain.add(text)
      } else if (kind === 'unspaced') {
        for (const term of pairs(text)) this.list.push(term)
      } else this.#addCode(text)
    }
    return this
  }

  #addCode(text: string): void {
    if (text.length > maxCodeLength) this.complete = false
    // Halves of surrogate pairs are spelt out.
    const length = Math.min(text.length, maxCodeLength) * (/[\ud800-\udfff]/.test(text) ? 4 : 1)
    if (length > this.codeBudget) {
      this.complete = false
      this.list.push(gap)
      return
    }
    this.codeBudget -= length
    for (const term of triples(wholeCode(text))) this.list.push(term)
  }
}

/** One term per character: it and the one behind it. */
export function pairs(run: string): string[] {
  const characters = Array.from(run)
  return characters.map((character, index) => character + (characters[index + 1] ?? ''))
}

/** A code with its end marks; without the last when it is cut. */
export function wholeCode(text: string): string {
  return codeStart + (text.length > maxCodeLength ? text.slice(0, maxCodeLength) : text + codeEnd)
}

/** Overlapping triples of UTF-16 units; none for less than three. */
export function triples(text: string): string[] {
  const terms: string[] = []
  for (let at = 0; at + 3 <= text.length; at++) terms.push(codeMark + safe(text.slice(at, at + 3)))
  return terms
}

/** A triple that is shorter, for a search by its beginning. */
export function tripleStart(text: string): string {
  return codeMark + safe(text)
}

/** Half a surrogate pair is no character: both halves of every pair are spelt out. */
function safe(text: string): string {
  return text.replace(/[\ud800-\udfff]/g, (half) => half.charCodeAt(0).toString(36))
}

export function kindOf(word: string): Kind {
  if (word.length > maxPlainLength) return 'code'
  return word.length >= minCodeLength && digit.test(word) ? 'code' : 'plain'
}

function spaced(text: string, at: number): Piece {
  return { kind: kindOf(text), text, at }
}

/** For text in any form: takes out the line ends within Chinese and Japanese sentences. */
export function joinLines(text: string): string {
  return text.includes('\n') && maybeUnspaced.test(text) ? text.replace(brokenLine, '') : text
}
