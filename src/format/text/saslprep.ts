/**
 * Passwords as SCRAM hashes them: what looks the same becomes the same.
 *
 * Standards: RFC 4013 (SASLprep), RFC 3454 (stringprep; tables B.1, C.1.2, C.2–C.9, D). Characters that Unicode has added
 *   since are let through, since which those are depends on who asks (RFC 4013 §2.5 forbids them in stored passwords).
 */

/** B.1: mapped to nothing. */
const nothing = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/gu
/** C.1.2: spaces that are not ASCII's. */
const spaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu
const prohibited = new RegExp(
  [
    '[\\u0000-\\u001f\\u007f-\\u009f\\u06dd\\u070f\\u180e\\u2028\\u2029\\u2061-\\u2063\\u206a-\\u206f\\ufff9-\\ufffc]', // C.2
    '[\\u{1d173}-\\u{1d17a}]', // C.2.2
    '\\p{Co}|\\p{Cs}', // C.3, C.5
    '[\\ufdd0-\\ufdef]|[\\ufffe\\uffff]', // C.4
    '[\\ufffd\\u2ff0-\\u2ffb\\u0340\\u0341\\u200e\\u200f\\u202a-\\u202e]', // C.6–C.8
    '[\\u{e0001}\\u{e0020}-\\u{e007f}]', // C.9
  ].join('|'),
  'u',
)
/** D.1: letters that are written from right to left; where there is one, there is one at both ends (RFC 3454 §6). */
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u
const framed = new RegExp(`^${rightToLeft.source}(?:.*${rightToLeft.source})?$`, 'su')
/** D.2: letters that are not. */
const leftToRight =
  /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/** The prepared text; undefined when it has something that may not be in a password. */
export function saslPrep(text: string): string | undefined {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  const prepared = text.replace(spaces, ' ').replace(nothing, '').normalize('NFKC')
  if (prohibited.test(prepared)) return undefined
  if (!rightToLeft.test(prepared)) return prepared
  return framed.test(prepared) && !leftToRight.test(prepared) ? prepared : undefined
}
