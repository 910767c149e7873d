/**
 * A short name for a text: always the same, and nobody finds another text that has it.
 */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** `length` characters of 5 bits each; at most 32. */
export async function shortDigest(text: string, length: number): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest, 0, length), (octet) => ALPHABET[octet & 31]).join('')
}
