/**
 * What is kept of a password so that SCRAM can be answered: two keys that do not give the password, nor let anybody log in
 * who sees them, though they let him guess at it.
 *
 * Standards: RFC 5802 §3, RFC 7677 (SHA-256). All credentials of an account share salt and iterations, since the server has
 * to name them before it knows which of them the client has.
 * Security: only `ScramVerifier.text` is stored; nothing here leaves the account but the server's signature.
 */
import { decodeBase64, encodeBase64, encodeUtf8, saslPrep } from '../format/index.ts'

/**
 * RFC 7677 §4 asks for 4,096 at least and leaves the number to the age of the server. Workers allow 100,000, but Cyrus SASL,
 * which many mail apps use, refuses to compute more than 65,536. Every client pays them with each login.
 */
export const scramIterations = 60_000
export const scramSaltLength = 16

export interface ScramSalt {
  readonly salt: Uint8Array
  readonly iterations: number
}

export interface ScramVerifier extends ScramSalt {
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

const hmac = { name: 'HMAC', hash: 'SHA-256' } as const

/** Undefined for a password that cannot be prepared: then SCRAM is not for it. */
export async function scramVerifier(
  password: string,
  { salt, iterations }: ScramSalt,
): Promise<ScramVerifier | undefined> {
  const prepared = saslPrep(password)
  if (prepared === undefined || prepared === '') return undefined
  const key = await crypto.subtle.importKey('raw', encodeUtf8(prepared), 'PBKDF2', false, ['deriveBits'])
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations } as const
  const salted = new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256))
  const clientKey = await sign(salted, 'Client Key')
  const storedKey = new Uint8Array(await crypto.subtle.digest('SHA-256', clientKey))
  return { salt, iterations, storedKey, serverKey: await sign(salted, 'Server Key') }
}

/** `ServerSignature` when `proof` was made with the password for this `AuthMessage`; undefined otherwise. */
export async function scramSignature(
  { storedKey, serverKey }: ScramVerifier,
  message: string,
  proof: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (proof.length !== storedKey.length) return undefined
  const clientSignature = await sign(storedKey, message)
  const clientKey = proof.map((byte, at) => byte ^ (clientSignature[at] as number))
  const shown = new Uint8Array(await crypto.subtle.digest('SHA-256', clientKey))
  let difference = 0
  for (let at = 0; at < shown.length; at++) difference |= (shown[at] as number) ^ (storedKey[at] as number)
  return difference === 0 ? sign(serverKey, message) : undefined
}

/** For the credential's row: `iterations$salt$StoredKey$ServerKey`, all but the first in base64. */
export function formatVerifier({ salt, iterations, storedKey, serverKey }: ScramVerifier): string {
  return [iterations, ...[salt, storedKey, serverKey].map(encodeBase64)].join('$')
}

export function parseVerifier(text: string | null): ScramVerifier | undefined {
  const [iterations, ...encoded] = text?.split('$') ?? []
  const [salt, storedKey, serverKey] = encoded.map(decodeBase64)
  if (salt === undefined || storedKey === undefined || serverKey === undefined) return undefined
  return { iterations: Number(iterations), salt, storedKey, serverKey }
}

async function sign(key: Uint8Array, text: string): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey('raw', key, hmac, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, encodeUtf8(text)))
}
