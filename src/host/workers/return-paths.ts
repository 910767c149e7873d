/**
 * Return paths of what aliases send on, signed with a secret of the domain that this isolate remembers.
 */
import { type Mac, ReturnPaths } from '../../routing/index.ts'
import { DirectoryClient } from './directory-client.ts'
import type { Env } from './env.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const MAX_DOMAINS = 1_000

/** Resolved values only: an isolate serves many requests, and I/O may not cross from one to another. */
const keys = new Map<string, CryptoKey>()

export function returnPaths(env: Env): ReturnPaths {
  return new ReturnPaths({ directory: new DirectoryClient(env), mac: (domain) => macOf(env, domain), clock: Date.now })
}

/** A new isolate: what this one remembers is gone. */
export function forgetReturnPaths(): void {
  keys.clear()
}

async function macOf(env: Env, domain: string): Promise<Mac | undefined> {
  let key = keys.get(domain)
  if (key === undefined) {
    const secret = await env.DOMAIN.getByName(domain).returnPathSecret()
    if (secret === undefined) return undefined
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign'])
    if (keys.size >= MAX_DOMAINS) keys.clear()
    keys.set(domain, key)
  }
  const signing = key
  return async (text) => {
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', signing, new TextEncoder().encode(text)))
    // A byte for each character: five of its bits are used.
    return [...mac.subarray(0, 8)].map((byte) => alphabet.charAt(byte & 31)).join('')
  }
}
