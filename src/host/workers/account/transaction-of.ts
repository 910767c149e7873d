/**
 * The id under which a submission's message is traced. It is made from the submission's tag, so that it need not be kept; and
 * since it is in the message's Received field, for everybody to read, the tag cannot be made from it.
 */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 16

export async function transactionOf(tag: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`trace of submission ${tag}`))
  return Array.from(new Uint8Array(digest, 0, LENGTH), (octet) => ALPHABET[octet & 31]).join('')
}
