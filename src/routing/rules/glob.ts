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
  const pieces = wanted.split('*')
  const first = pieces[0] as string
  if (pieces.length === 1) return (text) => text.length === first.length && fitsAt(text, first, 0)
  const last = pieces.at(-1) as string
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '')
  return (text) => {
    const end = text.length - last.length
    if (end < first.length || !fitsAt(text, first, 0) || !fitsAt(text, last, end)) return false
    let at = first.length
    for (const piece of middle) {
      at = find(text, piece, at, end)
      if (at < 0) return false
      at += piece.length
    }
    return true
  }
}

/** The first place from `from` where the piece fits and ends no later than `end`; -1 when there is none. */
function find(text: string, piece: string, from: number, end: number): number {
  const last = end - piece.length
  if (!piece.includes('?')) {
    const at = text.indexOf(piece, from)
    return at > last ? -1 : at
  }
  for (let at = from; at <= last; at++) if (fitsAt(text, piece, at)) return at
  return -1
}

function fitsAt(text: string, piece: string, at: number): boolean {
  if (!piece.includes('?')) return text.startsWith(piece, at)
  for (let i = 0; i < piece.length; i++) {
    const wanted = piece.charCodeAt(i)
    if (wanted !== QUESTION_MARK && wanted !== text.charCodeAt(at + i)) return false
  }
  return true
}

const QUESTION_MARK = 63
