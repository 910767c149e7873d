/**
 * Reads `Authorization` and compares secrets.
 *
 * Standards: RFC 7617 (Basic, UTF-8), RFC 6750 §2.1 (Bearer), RFC 9110 §11.
 * Security: the header is the attacker's; it is bounded, and secrets are compared through digests of equal length, so that
 * neither content nor length shows in the time taken.
 */

const MAX_HEADER = 4096

export type Authorization =
  | { readonly scheme: 'basic'; readonly login: string; readonly password: string }
  | { readonly scheme: 'bearer'; readonly token: string }

/** Undefined when absent, malformed, too long, or of a scheme that is not offered. */
export function parseAuthorization(value: string | null | undefined): Authorization | undefined {
  if (value === null || value === undefined || value.length > MAX_HEADER) return undefined
  const match = /^([A-Za-z]+) +([A-Za-z0-9\-._~+/]+=*) *$/.exec(value)
  if (match === null) return undefined
  const scheme = (match[1] as string).toLowerCase()
  const credentials = match[2] as string
  if (scheme === 'bearer') return { scheme: 'bearer', token: credentials }
  if (scheme !== 'basic') return undefined
  const pair = decodeBasic(credentials)
  const colon = pair?.indexOf(':') ?? -1
  if (pair === undefined || colon <= 0) return undefined
  return { scheme: 'basic', login: pair.slice(0, colon), password: pair.slice(colon + 1) }
}

function decodeBasic(credentials: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(credentials), (char) => char.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // not base64, or not UTF-8: no credentials of ours
  }
}

/** Whether the header carries exactly this bearer secret. */
export async function bearerMatches(value: string | null, secret: string): Promise<boolean> {
  const given = parseAuthorization(value)
  if (given?.scheme !== 'bearer') return false
  return sameSecret(given.token, secret)
}

export async function sameSecret(given: string, expected: string): Promise<boolean> {
  const encoder = new TextEncoder()
  const [left, right] = await Promise.all([
    crypto.subtle.digest('SHA-256', encoder.encode(given)),
    crypto.subtle.digest('SHA-256', encoder.encode(expected)),
  ])
  const a = new Uint8Array(left)
  const b = new Uint8Array(right)
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}

const TOKEN = /^fct_([a-z][a-z0-9]{0,63})_[A-Za-z0-9-]{20,200}$/

/** The account id in a token of ours (`fct_<accountId>_<secret>`): it says whom to ask, and proves nothing. */
export function tokenAccount(token: string): string | undefined {
  return TOKEN.exec(token)?.[1]
}

/** What a 401 must offer (RFC 9110 §11.6.1). */
export const CHALLENGE = 'Basic realm="facteur", charset="UTF-8", Bearer realm="facteur"'

/** What a 401 says of credentials, the same whether they name an account or not: nobody learns from it which there are. */
export const WRONG_CREDENTIALS = 'the login name, password or token is wrong'
