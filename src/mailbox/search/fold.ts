/**
 * The form in which words are indexed and looked up: compatibility forms, case, diacritics and invisible characters
 * do not matter.
 *
 * `fold` maps `comparable` text character by character, so whatever is a substring of a text in the comparable form
 * stays one when both are folded. That is what lets the index narrow searches for substrings (docs/design/search.md).
 *
 * Standards: Unicode NFKC (UAX #15), default caseless matching (Unicode §3.13) in outline.
 */

/** Letters that differ by more than a mark. Final sigma and sharp s are what full case folding makes of them. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  ς: 'σ',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  ŧ: 't',
  þ: 'th',
  ґ: 'г',
}

/**
 * Marks that are left out: Latin, Greek and Cyrillic diacritics, Hebrew points, Arabic vowels and the tatweel, emoji
 * variation. Vowel signs of Indic and south-east Asian scripts and Japanese voicing marks are letters to their readers.
 */
const marks =
  '\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc' +
  '\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f'
/** Soft hyphen, joiners, directions, byte order mark. */
const invisible = '\u00ad\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff'
const dropped = new RegExp(`[${marks}${invisible}]`, 'g')

const ascii = /^[\0-\x7f]*$/
/** Characters with what composes with them, so that folding piece by piece equals folding the whole. */
const clusters = /[\0-\x7f]+(?![\p{M}])|[^][\p{M}\u1160-\u11ff\uff9e\uff9f]*/gu
/** Where letters with a canonical decomposition into a letter and such marks are. */
const decomposing: readonly (readonly [number, number])[] = [
  [0xdf, 0x6ff],
  [0x1e00, 0x1fff],
]

let variants: { readonly pattern: RegExp; readonly of: ReadonlyMap<string, string> } | undefined

/** Case and compatibility variants aside (what IMAP compares, RFC 5051's intent). */
export function comparable(text: string): string {
  return ascii.test(text) ? text.toLowerCase() : text.normalize('NFKC').toLowerCase()
}

export function fold(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  const { pattern, of } = (variants ??= readVariants())
  return comparable(text)
    .replace(dropped, '')
    .replace(pattern, (character) => of.get(character) as string)
}

/** A folded text that remembers where each of its characters came from. */
export interface Folded {
  readonly text: string
  /** The index in the original of each character of `text`, and its length at the end. */
  offset(index: number): number
}

/** For showing matches in the original. */
export function foldWithOffsets(original: string): Folded {
  if (ascii.test(original)) return { text: original.toLowerCase(), offset: (index) => index }
  let text = ''
  const offsets: number[] = []
  for (const { 0: cluster, index } of original.matchAll(clusters)) {
    const folded = fold(cluster)
    const step = ascii.test(cluster) ? 1 : 0
    for (let unit = 0; unit < folded.length; unit++) offsets.push(index + step * unit)
    text += folded
  }
  offsets.push(original.length)
  return { text, offset: (index) => offsets[index] as number }
}

/** Found out once instead of listed: some thousand characters. */
function readVariants(): NonNullable<typeof variants> {
  const of = new Map<string, string>(Object.entries(letters))
  for (const [first, last] of decomposing) {
    for (let code = first; code <= last; code++) {
      const character = String.fromCharCode(code)
      const plain = character.normalize('NFD').replace(dropped, '').normalize('NFC')
      if (plain !== character && plain !== '' && !of.has(character)) of.set(character, letters[plain] ?? plain)
    }
  }
  return { pattern: new RegExp(`[${[...of.keys()].join('')}]`, 'g'), of }
}
