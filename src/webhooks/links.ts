/**
 * Links by which a program that was told of a message fetches it, or what was too long to be told: text, HTML, attachments.
 *
 * A link says all that is needed to find the message, in which queue, which entry, what of it, until when; and a signature over
 * all of that. It needs no login: whoever has it may use it, until then.
 *
 * Standards: RFC 2104 (HMAC, with SHA-256).
 * Security: anyone may ask for any link; one that was not signed here, or was changed, leads nowhere. The key is a secret of
 * the hosted domain; signatures are compared in constant time.
 */
import { decodeBase64Url, encodeBase64Url, encodeUtf8 } from '../format/index.ts'
import type { HmacCrypto } from './signature.ts'

/** Where links lead, below the public URL. */
export const linkPath = '/webhooks/content'

export interface LinkTarget {
  /** Which queue, in which object: see `waitingMark`. */
  readonly place: string
  /** The queue entry's id. */
  readonly entry: string
  /** `raw` or the name of a part: see `partOf`. */
  readonly part: string
}

export interface SignedLink {
  /** Seconds since the epoch. */
  readonly expires: number
  readonly signature: string
}

/** The path and query of a link that holds until `expires`, in seconds since the epoch. */
export async function signedPath(
  target: LinkTarget,
  expires: number,
  secret: string,
  crypto: HmacCrypto,
): Promise<string> {
  const { place, entry, part } = target
  const signature = encodeBase64Url(await macOf(target, expires, secret, crypto))
  return `${linkPath}/${place}/${entry}/${part}?expires=${expires}&signature=${signature}`
}

/** What a query says of a link; undefined when that is none of ours. */
export function readSignedLink(query: { get(name: string): string | null }): SignedLink | undefined {
  const expires = /^[1-9]\d{0,11}$/.exec(query.get('expires') ?? '')?.[0]
  const signature = /^[\w-]{43}$/.exec(query.get('signature') ?? '')?.[0]
  return expires === undefined || signature === undefined ? undefined : { expires: Number(expires), signature }
}

/** Whether the link was made by whoever knows the secret, for this target and time. */
export async function isSigned(
  target: LinkTarget,
  { expires, signature }: SignedLink,
  secret: string,
  crypto: HmacCrypto,
): Promise<boolean> {
  const expected = await macOf(target, expires, secret, crypto)
  const given = decodeBase64Url(signature)
  if (given?.length !== expected.length) return false
  let difference = 0
  for (let at = 0; at < expected.length; at++) difference |= (expected[at] as number) ^ (given[at] as number)
  return difference === 0
}

async function macOf(
  { place, entry, part }: LinkTarget,
  expires: number,
  secret: string,
  crypto: HmacCrypto,
): Promise<Uint8Array> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' } as const
  const key = await crypto.importKey('raw', encodeUtf8(secret), hmac, false, ['sign'])
  // None of them holds a line feed.
  const text = ['webhook link', place, entry, part, String(expires)].join('\n')
  return new Uint8Array(await crypto.sign('HMAC', key, encodeUtf8(text)))
}
