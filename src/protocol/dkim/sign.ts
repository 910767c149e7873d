/**
 * Signs a message: one DKIM-Signature field for each key.
 *
 * Standards: RFC 6376 §5, RFC 8301 (rsa-sha256), RFC 8463 §3 (ed25519-sha256, beside RSA for those who do not know it).
 */
import { encodeBase64 } from '../../format/index.ts'
import { BodyHashes } from './body-hash.ts'
import type { Canonicalization } from './body-canonicalization.ts'
import { headerOctets, selectFields } from './header-canonicalization.ts'
import type { SignedField, SignedMessage } from './message.ts'
import { keyAlgorithm, type SignatureCrypto, signedOctets } from './signature-crypto.ts'
import { fieldNamesToSign } from './signed-fields.ts'
import type { SigningKey } from './signing-key.ts'

export interface SignOptions {
  /** d=, lower case, A-labels */
  domain: string
  keys: readonly SigningKey[]
  /** Milliseconds since the epoch, for t=. */
  now: number
  /** i=, when it is not `@domain` */
  identity?: string
  /** Seconds until x=; default none: mail is verified again long after (by ARC, by readers). */
  lifetime?: number
  /** h=; default `fieldNamesToSign` */
  fieldNames?: readonly string[]
  /** c=; default relaxed/relaxed, which survives what relays do to white space. */
  header?: Canonicalization
  body?: Canonicalization
}

/**
 * Whole fields with CRLF, to be put on top of the message in this order. The message must be as it goes out: line ends
 * CRLF, nothing re-encoded after.
 */
export async function signDkim(
  message: SignedMessage,
  options: SignOptions,
  crypto: SignatureCrypto,
): Promise<string[]> {
  const bodies = new BodyHashes(message.body, crypto)
  const fields: string[] = []
  for (const key of options.keys) fields.push(await signWith(key, message, bodies, options, crypto))
  return fields
}

async function signWith(
  key: SigningKey,
  message: SignedMessage,
  bodies: BodyHashes,
  options: SignOptions,
  crypto: SignatureCrypto,
): Promise<string> {
  const { header = 'relaxed', body = 'relaxed', fieldNames = fieldNamesToSign(message.fields) } = options
  const { hash } = (await bodies.hash(body))!
  const signedAt = Math.floor(options.now / 1000)
  const tags = [
    `v=1; a=${key.algorithm}; c=${header}/${body}; d=${options.domain};`,
    `s=${key.selector}; t=${signedAt};`,
  ]
  if (options.lifetime !== undefined) tags[1] += ` x=${signedAt + options.lifetime};`
  if (options.identity !== undefined) tags.push(`i=${options.identity};`)
  return signField({ name: 'DKIM-Signature', tags, fieldNames, bodyHash: hash, header }, message, key, crypto)
}

/** A signature field without its h=, bh= and b=: DKIM-Signature, ARC-Message-Signature. */
export interface UnsignedField {
  name: string
  /** Lines of tags, each ended by a semicolon. */
  tags: readonly string[]
  fieldNames: readonly string[]
  bodyHash: Uint8Array
  header: Canonicalization
}

/** The whole field with CRLF, signed together with the fields it names. */
export async function signField(
  unsigned: UnsignedField,
  message: SignedMessage,
  key: SigningKey,
  crypto: SignatureCrypto,
): Promise<string> {
  const lines = [...unsigned.tags, ...foldedNames(unsigned.fieldNames), `bh=${encodeBase64(unsigned.bodyHash)};`, 'b=']
  const value = ` ${lines.join('\r\n\t')}`
  const field: SignedField = { name: unsigned.name, value, raw: `${unsigned.name}:${value}` }
  const octets = headerOctets(unsigned.header, selectFields(message.fields, unsigned.fieldNames), field)
  return `${field.raw}${await signatureText(octets, key, crypto)}\r\n`
}

/** The value of b= over these octets, folded. */
export async function signatureText(octets: Uint8Array, key: SigningKey, crypto: SignatureCrypto): Promise<string> {
  const data = await signedOctets(crypto, key.algorithm, octets)
  const signature = new Uint8Array(await crypto.sign(keyAlgorithm(key.algorithm), key.handle, data))
  return encodeBase64(signature).replace(/.{72}(?=.)/g, '$&\r\n\t')
}

/** `h=a:b:c;` in lines of at most 76 characters or so. */
function foldedNames(names: readonly string[]): string[] {
  const lines: string[] = []
  let line = 'h='
  for (const [at, name] of names.entries()) {
    const piece = at < names.length - 1 ? `${name}:` : `${name};`
    if (line.length + piece.length > 74) {
      lines.push(line)
      line = ''
    }
    line += piece
  }
  return [...lines, line]
}
