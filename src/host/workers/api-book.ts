/**
 * API tokens and the audit log, over their object.
 *
 * A token that was found valid is remembered in the isolate for a minute, so a program's requests do not meet at one
 * object. A revoked one is forgotten at once where it was revoked, and within the minute everywhere else.
 *
 * Security: remembered is the hash, never the token; one that is wrong is asked for each time, and only if it has the form
 * of a token at all.
 */
import { type ApiToken, apiTokenId, newApiToken } from '../../access/api/index.ts'
import { encodeUtf8 } from '../../format/index.ts'
import type { ApiBook } from '../http/index.ts'
import type { Env } from './env.ts'
import { randomText } from './random.ts'

const LIFETIME_MS = 60_000
const MAX_ENTRIES = 10_000

/** By hash; plain values only, since an isolate serves many requests. */
const remembered = new Map<string, { readonly token: ApiToken; readonly until: number }>()

export function apiBook(env: Env): ApiBook {
  const object = () => env.API.getByName('api')
  return {
    async verify(text) {
      const id = apiTokenId(text)
      if (id === undefined) return undefined
      const hash = await hashOf(text)
      const now = Date.now()
      const known = remembered.get(hash)
      if (known !== undefined && known.until > now) return known.token
      const token = await object().useToken(id, hash)
      if (token === undefined) remembered.delete(hash)
      else remember(hash, token, now)
      return token
    },
    tokens: async () => object().tokens(),
    async addToken(wanted) {
      const { id, token } = newApiToken(randomText)
      const made = await object().addToken(id, await hashOf(token), wanted)
      return made === undefined ? undefined : { ...made, token }
    },
    async removeToken(id) {
      const removed = await object().removeToken(id)
      for (const [hash, { token }] of remembered) if (token.id === id) remembered.delete(hash)
      return removed !== undefined
    },
    record: async (entry) => object().record(entry),
    audit: async (page) => object().audit(page),
  }
}

function remember(hash: string, token: ApiToken, now: number): void {
  if (remembered.size >= MAX_ENTRIES) {
    const oldest = remembered.keys().next().value
    if (oldest !== undefined) remembered.delete(oldest)
  }
  remembered.delete(hash)
  remembered.set(hash, { token, until: Math.min(now + LIFETIME_MS, token.expires ?? Infinity) })
}

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', encodeUtf8(text)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
