/** Message identifiers. Standards: RFC 5322 §3.6.4, §4.5.4. Security: fed by anyone; linear, bounded count. */

/** More ancestors than any real thread has. */
const LIMIT = 1000
/** Longer ones are no identifiers (a line holds 998). */
const LENGTH_LIMIT = 998

/**
 * The identifiers in a Message-ID, In-Reply-To or References value, without angle brackets, in order. Words and
 * comments between them are passed over; a value without any bracket is taken word by word if the words have an `@`.
 */
export function parseMessageIds(value: string): string[] {
  const ids: string[] = []
  let open = value.indexOf('<')
  if (open < 0) return bareIds(value)
  while (open >= 0 && ids.length < LIMIT) {
    const close = value.indexOf('>', open)
    if (close < 0) break
    // Folding inside an identifier is not part of it; a bracket inside means that the outer one was stray.
    const inner = value.lastIndexOf('<', close)
    const id = close - inner - 1 > LENGTH_LIMIT ? '' : value.slice(inner + 1, close).replace(/\s+/g, '')
    if (id !== '') ids.push(id)
    open = value.indexOf('<', close)
  }
  return ids
}

function bareIds(value: string): string[] {
  return value.split(/[\s,]+/, LIMIT).filter((word) => word.includes('@') && word.length <= LENGTH_LIMIT)
}
