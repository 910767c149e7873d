import type { Mac } from '../../src/routing/index.ts'

/** No secret, and another text for each domain: enough to tell whose hash it is. */
export function macOf(domain: string): Mac {
  return async (text) => {
    let sum = 7
    for (const letter of `${domain} ${text}`) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 0x7fffffff
    return sum
      .toString(32)
      .padStart(8, '0')
      .slice(-8)
      .replace(/[0189]/g, 'z')
  }
}
