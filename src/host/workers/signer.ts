/**
 * Signs and seals for hosted domains. Keys come from the domain's object and stay in this isolate's memory for a minute, imported:
 * that is most of what a signature by RSA would cost again.
 *
 * Security: private keys never leave the memory of the isolate and are never logged.
 */
import type { SealingPort, SigningPort } from '../../arrival/index.ts'
import { sealArc } from '../../protocol/arc/index.ts'
import { importSigningKey, readSignedMessage, signDkim, type SigningKey } from '../../protocol/dkim/index.ts'
import type { Env } from './env.ts'

const LIFETIME_MS = 60_000
/** About 4 KB each. */
const MAX_DOMAINS = 1_000

/** Resolved values only: an isolate serves many requests, and I/O may not cross from one to another. */
const remembered = new Map<string, { readonly keys: readonly SigningKey[]; readonly expires: number }>()

export function signer(env: Env): SigningPort & SealingPort {
  return {
    async sign(domain, raw, now) {
      const keys = await keysOf(env, domain)
      if (keys.length === 0) return []
      return signDkim(readSignedMessage(raw), { domain, keys, now }, crypto.subtle)
    },
    async seal(domain, raw, found, now) {
      const key = (await keysOf(env, domain)).find(({ algorithm }) => algorithm === 'rsa-sha256')
      if (key === undefined) return []
      return (await sealArc(readSignedMessage(raw), { ...found, domain, key, now }, crypto.subtle)) ?? []
    },
  }
}

/** Called after a change of keys here; other isolates hear of it within the lifetime above. */
export function forgetSigningKeys(): void {
  remembered.clear()
}

async function keysOf(env: Env, domain: string): Promise<readonly SigningKey[]> {
  const known = remembered.get(domain)
  if (known !== undefined && known.expires > Date.now()) return known.keys
  const active = await env.DOMAIN.getByName(domain).activeSigningKeys()
  const keys = await Promise.all(
    active.map(async ({ selector, algorithm, privateKey }) => {
      if (algorithm !== 'rsa-sha256' && algorithm !== 'ed25519-sha256') throw new Error(`no key signs ${algorithm}`)
      return importSigningKey({ selector, algorithm, privateKey }, crypto.subtle)
    }),
  )
  if (remembered.size >= MAX_DOMAINS) remembered.delete(remembered.keys().next().value as string)
  remembered.set(domain, { keys, expires: Date.now() + LIFETIME_MS })
  return keys
}
