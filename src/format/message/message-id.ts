/** Message identifiers. Standards: RFC 5322 §3.6.4, §4.5.4. Security: fed by anyone; linear, bounded count. */

/** More ancestors than any real thread has. */
const LIMIT = 1000
/** Longer ones are no identifiers (a line holds 998). */
const LENGTH_LIMIT = 998

/**
 * The identifiers in a Message-ID, In-Reply-To or References value, without angle brackets, in order. Words and
 * comments between them are passed over; a value without any bracket is taken word by word if the words have an `@`.
 */
export function parseMessageIds(field: string): string[] {
  const value = field.includes('(') ? withoutComments(field) : field
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

/** A parenthesis inside an identifier is part of it, one that is never closed begins no comment. */
function withoutComments(value: string): string {
  let kept = ''
  let from = 0
  let depth = 0
  let isInside = false
  for (let at = 0; at < value.length; at++) {
    const char = value[at]
    if (depth === 0 && char === '<') isInside = true
    else if (depth === 0 && char === '>') isInside = false
    else if (!isInside && char === '(') {
      if (depth++ > 0) continue
      kept += value.slice(from, at)
      from = at
    } else if (depth > 0 && char === '\\') at++
    else if (depth > 0 && char === ')' && --depth === 0) from = at + 1
  }
  return kept + value.slice(from)
}

function bareIds(value: string): string[] {
  return value.split(/[\s,]+/, LIMIT).filter((word) => word.includes('@') && word.length <= LENGTH_LIMIT)
}
