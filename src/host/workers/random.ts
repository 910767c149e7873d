/**
 * Random names and secrets, all from the platform's cryptographic source.
 */
import { encodeBase64 } from '../../format/index.ts'
import { webhookSecretPrefix } from '../../routing/index.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** `length` characters of 5 bits each: no look-alikes, one case, safe in URLs and headers. */
export function randomText(length: number): string {
  let text = ''
  for (const byte of randomBytes(length)) text += ALPHABET[byte & 31]
  return text
}

export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length))
}

/** A whole number below `limit` (at most 65,536), each as likely as the other. */
export function randomBelow(limit: number): number {
  const usable = Math.floor(65_536 / limit) * limit
  for (;;) {
    const [high = 0, low = 0] = randomBytes(2)
    const number = high * 256 + low
    if (number < usable) return number % limit
  }
}

/** 100 bits: nobody meets another's by chance, and it is not guessed either. */
export function newAccountId(): string {
  return `a${randomText(20)}`
}

/** Of the same length as an account's, and told from it by its letter. */
export function newListId(): string {
  return `l${randomText(20)}`
}

export function isListId(id: string): boolean {
  return id.startsWith('l')
}

/** 256 bits, as receivers of Standard Webhooks take it. */
export function newWebhookSecret(): string {
  return `${webhookSecretPrefix}${encodeBase64(randomBytes(32))}`
}

/** 80 bits in four groups that can be typed. */
export function newPassword(): string {
  return (randomText(16).match(/.{4}/g) as string[]).join('-')
}
