/**
 * Signatures of the Standard Webhooks convention: who has the secret knows that a request is ours, whole, and new.
 *
 * Standards: Standard Webhooks 1.0 (symmetric signatures), RFC 2104.
 */
import { decodeBase64, encodeBase64, encodeUtf8 } from '../format/index.ts'
import { webhookSecretPrefix, type WebhookSecret } from '../routing/index.ts'

/** `crypto.subtle` */
export type HmacCrypto = Pick<CoreSubtleCrypto, 'importKey' | 'sign'>

/** The three header fields of a request. `id` is the same each time the same event is sent; `now` in milliseconds. */
export async function signedHeaders(
  id: string,
  now: number,
  body: string,
  secrets: readonly WebhookSecret[],
  crypto: HmacCrypto,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000))
  const text = encodeUtf8(`${id}.${timestamp}.${body}`)
  const signatures = await Promise.all(
    secrets.map(async ({ secret }) => {
      const raw = decodeBase64(secret.slice(webhookSecretPrefix.length)) ?? new Uint8Array()
      const key = await crypto.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      return `v1,${encodeBase64(new Uint8Array(await crypto.sign('HMAC', key, text)))}`
    }),
  )
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
