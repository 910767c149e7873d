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
 * Limits: a code's first 256 characters are kept, and so much of a text as `Terms` is told.
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

/** How much `Terms` may hold. */
export interface TermLimits {
  /** Octets of terms in order, each with a space. */
  readonly ordered: number
  /** Octets of terms beyond, each once: words are still found, phrases are not. */
  readonly once: number
  /** Characters of codes. */
  codes: number
}

const unlimited: TermLimits = { ordered: Infinity, once: 0, codes: Infinity }

/** Terms of a text in order, as its column of the index takes them. */
export class Terms {
  readonly list: string[] = []
  /** The plain words among them: what the vocabulary knows. */
  readonly plain: Set<string>
  /** False once something was cut, left out, or taken out of order. */
  complete = true
  readonly #limits: TermLimits
  #ordered: number
  #once: number
  /** What is in the list already, once there is no room for everything. */
  #known: Set<string> | undefined

  /** The budget for codes of `limits` is used up; it may be shared between texts of one email. */
  constructor(limits: TermLimits = { ...unlimited }, plain = new Set<string>()) {
    this.#limits = limits
    this.#ordered = limits.ordered
    this.#once = limits.once
    this.plain = plain
  }

  /** Adds a folded text, apart from what is there unless it goes on from there. */
  add(folded: string, goesOn = false): this {
    if (this.list.length > 0 && !goesOn) this.#put(gap)
    for (const { kind, text } of pieces(folded)) {
      if (kind === 'plain') {
        if (this.#put(text)) this.plain.add(text)
      } else if (kind === 'unspaced') {
        for (const term of pairs(text)) this.#put(term)
      } else this.#addCode(text)
    }
    return this
  }

  /** Adds a term behind the others, or by itself once there is no room in order; tells whether it is in the list. */
  #put(term: string): boolean {
    if (this.#known === undefined) {
      this.#ordered -= octetsOf(term)
      if (this.#ordered >= 0) {
        this.list.push(term)
        return true
      }
      this.complete = false
      this.#known = new Set(this.list)
    }
    return this.#putOnce(term, [term])
  }

  /** `key`: what is only put once. */
  #putOnce(key: string, terms: readonly string[]): boolean {
    const known = this.#known as Set<string>
    if (known.has(key)) return true
    this.#once -= terms.reduce((octets, term) => octets + octetsOf(term), gapOctets)
    if (this.#once < 0) {
      this.#once = 0
      return false
    }
    known.add(key)
    this.list.push(gap)
    for (const term of terms) this.list.push(term)
    return true
  }

  #addCode(text: string): void {
    if (text.length > maxCodeLength) this.complete = false
    // Halves of surrogate pairs are spelt out.
    const length = Math.min(text.length, maxCodeLength) * (/[\ud800-\udfff]/.test(text) ? 4 : 1)
    if (length > this.#limits.codes) {
      this.complete = false
      this.#put(gap)
      return
    }
    const code = wholeCode(text)
    if (this.#known?.has(code)) return
    this.#limits.codes -= length
    if (this.#known !== undefined) this.#putOnce(code, triples(code))
    else for (const term of triples(code)) this.#put(term)
  }
}

/** In UTF-8, with the space behind; pairs of surrogates count too much. */
function octetsOf(term: string): number {
  let octets = term.length + 1
  for (let at = 0; at < term.length; at++) {
    const unit = term.charCodeAt(at)
    if (unit > 0x7f) octets += unit > 0x7ff ? 2 : 1
  }
  return octets
}
const gapOctets = octetsOf(gap)

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
