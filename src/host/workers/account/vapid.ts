/**
 * Who pushes: the account's application server key, and the signed token that goes with every push.
 *
 * One key for an account and not for the deployment: it needs no configuration, moves with the account's data, and a push
 * service cannot tell from it which accounts live together.
 *
 * Standards: RFC 8292 (VAPID), RFC 9749 (in JMAP), RFC 7515 and RFC 7519 (JWT), RFC 7518 §3.4 (ES256).
 */
import { decodeBase64Url, encodeBase64Url, encodeUtf8 } from '../../../format/index.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }
/** RFC 8292 §2 allows 24 hours. */
const TOKEN_LIFE_MS = 12 * 3_600_000
/** A token is used again until so long before it ends: push services cache the verification. */
const MARGIN_MS = 3_600_000
const MAX_TOKENS = 50

interface Token {
  readonly text: string
  readonly expires: number
}

export class Vapid {
  /** The public key as an uncompressed point, in URL-safe base64. */
  readonly publicKey: string
  readonly #privateKey: CryptoKey
  /** Whom a push service may contact: a `mailto:` or `https:` URI. */
  readonly #contact: string
  /** By the push service's origin. */
  readonly #tokens = new Map<string, Token>()

  private constructor(publicKey: string, privateKey: CryptoKey, contact: string) {
    this.publicKey = publicKey
    this.#privateKey = privateKey
    this.#contact = contact
  }

  /** `serverKey` is what `newServerKey` gave. */
  static async open(serverKey: string, contact: string): Promise<Vapid> {
    const key = JSON.parse(serverKey) as JsonWebKey & { x: string; y: string }
    const point = [key.x, key.y].map((coordinate) => decodeBase64Url(coordinate) as Uint8Array)
    const publicKey = encodeBase64Url(Uint8Array.from([4, ...point.flatMap((octets) => [...octets])]))
    return new Vapid(publicKey, await crypto.subtle.importKey('jwk', key, ALGORITHM, false, ['sign']), contact)
  }

  /** The value of `Authorization` for a push to this URL (RFC 8292 §3). */
  async authorization(url: string, now: number): Promise<string> {
    const audience = new URL(url).origin
    let token = this.#tokens.get(audience)
    if (token === undefined || token.expires - MARGIN_MS <= now) {
      token = await this.#sign(audience, now + TOKEN_LIFE_MS)
      if (this.#tokens.size >= MAX_TOKENS) this.#tokens.clear()
      this.#tokens.set(audience, token)
    }
    return `vapid t=${token.text}, k=${this.publicKey}`
  }

  async #sign(audience: string, expires: number): Promise<Token> {
    const claims = { aud: audience, exp: Math.floor(expires / 1000), sub: this.#contact }
    const parts = [{ typ: 'JWT', alg: 'ES256' }, claims].map((part) =>
      encodeBase64Url(encodeUtf8(JSON.stringify(part))),
    )
    const input = parts.join('.')
    const signing = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await crypto.subtle.sign(signing, this.#privateKey, encodeUtf8(input))
    return { text: `${input}.${encodeBase64Url(new Uint8Array(signature))}`, expires }
  }
}

/** A private key, for the account to keep. */
export async function newServerKey(): Promise<string> {
  const pair = (await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair
  const { kty, crv, x, y, d } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey
  return JSON.stringify({ kty, crv, x, y, d })
}
