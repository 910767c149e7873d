/**
 * ESMTP parameters: `KEYWORD` or `KEYWORD=value` after the path of MAIL and RCPT.
 *
 * Standards: RFC 5321 §4.1.2 (esmtp-param), RFC 6531 §3.3 (UTF-8 in values). Limits: the command line bounds them.
 */

/** Keywords upper-cased; `''` for a parameter without a value. */
export type Parameters = ReadonlyMap<string, string>

const parameter = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x7e\u00a0-\u{10ffff}]+))?$/u

/**
 * Undefined when one is malformed or stands twice.
 * QUIRK: `=` inside a value is read (the grammar forbids it); where it matters, the value's own check refuses it.
 */
export function parseParameters(text: string): Parameters | undefined {
  const parameters = new Map<string, string>()
  if (text === '') return parameters
  for (const word of text.split(/ +/)) {
    const match = parameter.exec(word)
    if (match === null) return undefined
    const keyword = (match[1] as string).toUpperCase()
    if (parameters.has(keyword)) return undefined
    parameters.set(keyword, match[2] ?? '')
  }
  return parameters
}
