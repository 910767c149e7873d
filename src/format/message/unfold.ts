/** A folded value on one line, without surrounding white space (RFC 5322 §2.2.3). */
export function unfold(value: string): string {
  return (value.includes('\n') ? value.replace(/\r?\n(?=[ \t])/g, '').replace(/\r?\n/g, ' ') : value).trim()
}
