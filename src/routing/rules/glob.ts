/**
 * Patterns with `*` (any characters) and `?` (one character).
 *
 * Security: the texts are strangers'. Matching is linear in the text for each `*`, without backtracking into earlier ones.
 */

/** Both sides as they compare: one Unicode form, no difference of case. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** A test for folded texts. */
export function glob(pattern: string): (text: string) => boolean {
  const wanted = folded(pattern)
  if (wanted === '*') return () => true
  if (!/[*?]/.test(wanted)) return (text) => text === wanted
  const pieces = wanted.split('*').map((text): Piece => ({ text, isPlain: !text.includes('?') }))
  const [first] = pieces as [Piece]
  if (pieces.length === 1) return (text) => text.length === first.text.length && fitsAt(text, first, 0)
  const last = pieces.at(-1) as Piece
  const middle = pieces.slice(1, -1).filter((piece) => piece.text !== '')
  const [only] = middle
  if (first.text === '' && last.text === '' && middle.length === 1 && only?.isPlain === true) {
    return (text) => text.includes(only.text)
  }
  return (text) => {
    const end = text.length - last.text.length
    if (end < first.text.length || !fitsAt(text, first, 0) || !fitsAt(text, last, end)) return false
    let at = first.text.length
    for (const piece of middle) {
      at = find(text, piece, at, end)
      if (at < 0) return false
      at += piece.text.length
    }
    return true
  }
}

/** What stands between two `*`. */
interface Piece {
  readonly text: string
  /** Without `?`. */
  readonly isPlain: boolean
}

/** The first place from `from` where the piece fits and ends no later than `end`; -1 when there is none. */
function find(text: string, piece: Piece, from: number, end: number): number {
  const last = end - piece.text.length
  if (piece.isPlain) {
    const at = text.indexOf(piece.text, from)
    return at > last ? -1 : at
  }
  for (let at = from; at <= last; at++) if (fitsAt(text, piece, at)) return at
  return -1
}

function fitsAt(text: string, piece: Piece, at: number): boolean {
  if (piece.isPlain) return text.startsWith(piece.text, at)
  for (let i = 0; i < piece.text.length; i++) {
    const wanted = piece.text.charCodeAt(i)
    if (wanted !== QUESTION_MARK && wanted !== text.charCodeAt(at + i)) return false
  }
  return true
}

const QUESTION_MARK = 63
