/**
 * The slow hash for passwords that people choose, over the platform's native scrypt.
 *
 * Standards: RFC 7914 (scrypt).
 * Cost: N = 2^14, r = 8, p = 1 takes 16 MB and about 30 ms; the store remembers recent successes, so a client pays it once.
 */
import { scrypt, timingSafeEqual } from 'node:crypto'
import { decodeBase64, encodeBase64, encodeUtf8 } from '../../../format/index.ts'
import type { PasswordHasher } from '../../../mailbox/index.ts'
import { randomBytes } from '../random.ts'

interface Cost {
  readonly N: number
  readonly r: number
  readonly p: number
}

const COST: Cost = { N: 16_384, r: 8, p: 1 }
const SALT_BYTES = 16
const KEY_BYTES = 32
/** 128 · N · r bytes and room: what a stored hash may ask for at most. */
const MAX_MEMORY = 64 * 1024 * 1024

/** Hashes are `scrypt$N$r$p$salt$key`, the last two in base64, so that the cost can be raised later. */
export const scryptHasher: PasswordHasher = {
  async hash(password) {
    const salt = randomBytes(SALT_BYTES)
    const key = await derive(password, salt, KEY_BYTES, COST)
    return ['scrypt', COST.N, COST.r, COST.p, encodeBase64(salt), encodeBase64(key)].join('$')
  },

  async verify(password, hash) {
    const [algorithm, N, r, p, saltText = '', keyText = ''] = hash.split('$')
    const salt = decodeBase64(saltText)
    const key = decodeBase64(keyText)
    if (algorithm !== 'scrypt' || salt === undefined || key === undefined || key.length < KEY_BYTES) return false
    const derived = await derive(password, salt, key.length, { N: Number(N), r: Number(r), p: Number(p) })
    return timingSafeEqual(derived, key)
  },
}

/** NFC, so that a password typed on another keyboard is the same (RFC 8265 §4.2). */
function derive(password: string, salt: Uint8Array, length: number, cost: Cost): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(encodeUtf8(password.normalize('NFC')), salt, length, { ...cost, maxmem: MAX_MEMORY }, (error, key) =>
      error === null || error === undefined ? resolve(key) : reject(error),
    )
  })
}
