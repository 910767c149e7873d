/**
 * The ways to log in: passwords that people choose (slow hash), app passwords and tokens that the store makes (fast
 * hash of a long random secret). With each goes what SCRAM needs of it.
 *
 * Security: fed by anyone who tries to log in. Secrets are never stored; a correct chosen password is remembered in
 * memory under a keyed hash for a while, so that a mail app that logs in every minute does not cost a slow hash each
 * time; a wrong one always does. Counting and delaying failed attempts is the caller's business.
 */
import { encodeUtf8 } from '../format/index.ts'
import type { Sql } from '../storage/index.ts'
import { StoreError } from './errors.ts'
import type { CredentialId } from './ids.ts'
import type { Journal } from './journal.ts'
import {
  formatVerifier,
  parseVerifier,
  scramIterations,
  type ScramSalt,
  scramSaltLength,
  scramSignature,
  scramVerifier,
} from './scram.ts'
import type { Credential, CredentialKind } from './types.ts'

/** A slow, salted password hash (scrypt or better). The host provides it. */
export interface PasswordHasher {
  /** A self-describing text (algorithm, cost, salt, hash). */
  hash(password: string): Promise<string>
  /** Whether `password` made `hash`; compares in constant time. */
  verify(password: string, hash: string): Promise<boolean>
}

export interface CredentialParts {
  readonly sql: Sql
  readonly now: () => number
  readonly transaction: <T>(work: (journal: Journal) => T) => T
  /** Called inside the transaction that has ended credentials, with a test for those that are left. */
  readonly revoked: (exists: (id: CredentialId) => boolean) => void
  readonly hasher: PasswordHasher | undefined
  readonly random: ((length: number) => Uint8Array) | undefined
}

/** Verified passwords remembered: apps and devices of one person. */
const maxRemembered = 32
/** How long: a changed password elsewhere is noticed at once by its new hash, so this only bounds memory of secrets. */
const rememberFor = 3_600_000
/** A longer one is refused before it is hashed. */
const maxPasswordLength = 1000
const maxCredentials = 200
const day = 86_400_000

interface Row {
  readonly id: CredentialId
  readonly kind: CredentialKind
  readonly hash: string
  readonly lastUsed: number | null
  readonly scram: string | null
}

export class Credentials {
  readonly #parts: CredentialParts
  #key: Uint8Array | undefined
  readonly #remembered = new Map<string, { id: CredentialId; hash: string; until: number }>()

  constructor(parts: CredentialParts) {
    this.#parts = parts
  }

  list(): Credential[] {
    const rows = this.#parts.transaction(() => this.#parts.sql.exec('SELECT * FROM credential ORDER BY id').toArray())
    return rows.map((row) => ({
      id: row.id as CredentialId,
      kind: row.kind as CredentialKind,
      name: row.name as string,
      createdAt: row.created as number,
      lastUsedAt: (row.last_used as number | null) ?? undefined,
    }))
  }

  /** Sets the password people choose, in place of an earlier one. Throws `invalidProperties` when it is unusable. */
  async setPassword(password: string): Promise<void> {
    const hasher = this.#parts.hasher
    if (hasher === undefined) throw new Error('no password hasher')
    if (password === '' || password.length > maxPasswordLength) {
      throw new StoreError('invalidProperties', `a password has 1 to ${maxPasswordLength} characters`, ['password'])
    }
    const [hash, scram] = await Promise.all([hasher.hash(password), this.#verifier(password)])
    this.#remembered.clear()
    this.#parts.transaction((journal) => {
      journal.touch()
      this.#parts.sql.exec(`DELETE FROM credential WHERE kind = 'password'`)
      this.#insert(journal, 'password', 'password', hash, scram)
      this.#ended()
    })
  }

  /**
   * Makes an app password or a token and returns its secret, the only time it can be seen: 24 letters in groups of
   * four (app) or `facteur_` and 40 (token), from 120 and 200 random bits. `shown` is the form in which people get it, and
   * in which a mail app hashes it for SCRAM.
   */
  async issue(
    kind: 'app' | 'token',
    name: string,
    shown: (secret: string) => string = (secret) => secret,
  ): Promise<{ credential: Credential; secret: string }> {
    const random = this.#parts.random
    if (random === undefined) throw new Error('no source of randomness')
    if (this.list().length >= maxCredentials) throw new StoreError('forbidden', `at most ${maxCredentials} credentials`)
    const letters = base32(random(kind === 'app' ? 15 : 25))
    const secret = kind === 'app' ? (letters.match(/.{4}/g) as string[]).join('-') : `facteur_${letters}`
    const hash = await sha256(encodeUtf8(canonical(secret)))
    const scram = await this.#verifier(shown(secret))
    const id = this.#parts.transaction((journal) => this.#insert(journal, kind, name.slice(0, 200), hash, scram))
    return { credential: this.list().find((each) => each.id === id) as Credential, secret }
  }

  /** False when there is no such credential. */
  revoke(id: CredentialId): boolean {
    this.#remembered.clear()
    return this.#parts.transaction((journal) => {
      if (this.#parts.sql.exec('SELECT 1 AS yes FROM credential WHERE id = ?', id).toArray().length === 0) return false
      journal.touch()
      this.#parts.sql.exec('DELETE FROM credential WHERE id = ?', id)
      this.#ended()
      return true
    })
  }

  /** The credential that `secret` is right for; undefined when it is wrong. Notes the day of use. Rejects with `accountNotFound`. */
  async verify(secret: string): Promise<CredentialId | undefined> {
    if (secret === '' || secret.length > maxPasswordLength) return undefined
    const rows = this.#rows()
    const row = (await this.#issued(secret, rows)) ?? (await this.#chosen(secret, rows))
    if (row === undefined) return undefined
    this.#used(row)
    return row.id
  }

  /** As `verify`, for tokens only (RFC 6750). */
  async verifyToken(secret: string): Promise<CredentialId | undefined> {
    if (secret === '' || secret.length > maxPasswordLength) return undefined
    const row = await this.#issued(
      secret,
      this.#rows().filter(({ kind }) => kind === 'token'),
    )
    if (row !== undefined) this.#used(row)
    return row?.id
  }

  /** How a client is to hash its password for SCRAM; undefined when no password here can be used so. */
  scramSalt(): ScramSalt | undefined {
    for (const { scram } of this.#rows()) {
      const verifier = parseVerifier(scram)
      if (verifier !== undefined) return { salt: verifier.salt, iterations: verifier.iterations }
    }
    return undefined
  }

  /**
   * The credential that a client has shown to know, for the `AuthMessage` of its exchange, and the server's signature;
   * undefined when the proof is wrong (RFC 5802 §3). That the message holds a fresh nonce is the caller's business.
   */
  async verifyScram(
    message: string,
    proof: Uint8Array,
  ): Promise<{ id: CredentialId; signature: Uint8Array } | undefined> {
    for (const row of this.#rows()) {
      const verifier = parseVerifier(row.scram)
      const signature = verifier === undefined ? undefined : await scramSignature(verifier, message, proof)
      if (signature === undefined) continue
      this.#used(row)
      return { id: row.id, signature }
    }
    return undefined
  }

  forget(): void {
    this.#remembered.clear()
  }

  /** Of all the account's credentials the same salt: a client is told it before it says which it has. */
  async #verifier(password: string): Promise<string | null> {
    const random = this.#parts.random
    if (random === undefined) return null
    const salt = this.scramSalt() ?? { salt: random(scramSaltLength), iterations: scramIterations }
    const verifier = await scramVerifier(password, salt)
    return verifier === undefined ? null : formatVerifier(verifier)
  }

  #used(row: Row): void {
    const now = this.#parts.now()
    if (row.lastUsed === null || now - row.lastUsed >= day) {
      this.#parts.transaction(() => {
        const noted = Math.floor(now / day) * day
        this.#parts.sql.exec('UPDATE credential SET last_used = ? WHERE id = ?', noted, row.id)
      })
    }
  }

  /** What hangs on credentials ends with them. */
  #ended(): void {
    const left = new Set(this.#rows().map((row) => row.id))
    this.#parts.revoked((id) => left.has(id))
  }

  /** App passwords and tokens: the digest is the look-up key, so nothing is compared that could leak by timing. */
  async #issued(secret: string, rows: readonly Row[]): Promise<Row | undefined> {
    if (rows.every((row) => row.kind === 'password')) return undefined
    const digest = await sha256(encodeUtf8(canonical(secret)))
    return rows.find((row) => row.kind !== 'password' && row.hash === digest)
  }

  async #chosen(password: string, rows: readonly Row[]): Promise<Row | undefined> {
    const { hasher, random, now } = this.#parts
    const row = rows.find((each) => each.kind === 'password')
    if (row === undefined || hasher === undefined) return undefined
    this.#key ??= random?.(32)
    const key = this.#key === undefined ? undefined : await keyedHash(this.#key, password)
    const remembered = key === undefined ? undefined : this.#remembered.get(key)
    if (remembered?.id === row.id && remembered.hash === row.hash && remembered.until > now()) return row
    if (!(await hasher.verify(password, row.hash))) return undefined
    if (key !== undefined) {
      if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
      this.#remembered.set(key, { id: row.id, hash: row.hash, until: now() + rememberFor })
    }
    return row
  }

  #rows(): Row[] {
    return this.#parts.transaction(() => {
      const rows = this.#parts.sql.exec('SELECT id, kind, hash, last_used, scram FROM credential').toArray()
      return rows.map((row) => ({
        id: row.id as CredentialId,
        kind: row.kind as CredentialKind,
        hash: row.hash as string,
        lastUsed: row.last_used as number | null,
        scram: row.scram as string | null,
      }))
    })
  }

  #insert(journal: Journal, kind: CredentialKind, name: string, hash: string, scram: string | null): CredentialId {
    const id = journal.take() as CredentialId
    const now = this.#parts.now()
    const query = 'INSERT INTO credential (id, kind, name, hash, created, scram) VALUES (?, ?, ?, ?, ?, ?)'
    this.#parts.sql.exec(query, id, kind, name, hash, now, scram)
    return id
  }
}

/** How people type a secret that was shown in groups. */
function canonical(secret: string): string {
  return secret.startsWith('facteur_') ? secret : secret.replace(/[\s-]/g, '').toLowerCase()
}

/** Hash of hash with the key on both sides: HMAC's shape with the primitives that every runtime has. */
async function keyedHash(key: Uint8Array, text: string): Promise<string> {
  const inner = encodeUtf8(await sha256(join(key, encodeUtf8(text))))
  return sha256(join(key, inner))
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

/** Letters and digits that are hard to confuse (RFC 4648 §6, lower case). */
function base32(bytes: Uint8Array): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  let text = ''
  let [bits, held] = [0, 0]
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += alphabet[(held >>> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return text
}
