/**
 * Seals a message that is passed on: adds a set that says what was found when it came.
 *
 * Standards: RFC 8617 §5.1 (sealing), §5.1.2 (chains that failed), §4.1.2 (what the message signature covers).
 */
import { type AuthenticationResult, formatAuthenticationResults, encodeUtf8, latin1 } from '../../format/index.ts'
import {
  BodyHashes,
  fieldNamesToSign,
  readSignedMessage,
  signatureText,
  type SignatureCrypto,
  type SignedField,
  type SignedMessage,
  signField,
  type SigningKey,
} from '../dkim/index.ts'
import { SET_LIMIT } from './arc-set.ts'
import { type ArcResult, sealedOctets } from './validate.ts'

export interface SealOptions {
  /** d=, lower case, A-labels */
  domain: string
  /** One key: a set has one seal. RSA, since not every receiver knows Ed25519. */
  key: SigningKey
  /** Milliseconds since the epoch, for t=. */
  now: number
  authservId: string
  /** What was found on arrival, the state of the chain itself included. */
  results: readonly AuthenticationResult[]
  /** The chain as `validateArc` found it on arrival, before anything was changed. */
  chain: ArcResult
}

/**
 * The three fields with CRLF, for the top of the message in this order: seal, message signature, results. Undefined
 * when the chain must not be continued: its newest seal says that it failed, or it is as long as chains may be.
 * `message` is as it goes out, its own DKIM signatures included.
 */
export async function sealArc(
  message: SignedMessage,
  options: SealOptions,
  crypto: SignatureCrypto,
): Promise<string[] | undefined> {
  const { chain, domain, key, authservId } = options
  const instance = chain.instances + 1
  if (chain.sealed === 'fail' || instance > SET_LIMIT) return undefined
  const time = Math.floor(options.now / 1000)
  const results = `ARC-Authentication-Results: i=${instance}; ${formatAuthenticationResults(authservId, options.results)}\r\n`
  const { hash } = (await new BodyHashes(message.body, crypto).hash('relaxed'))!
  const who = `d=${domain};\r\n\ts=${key.selector}; t=${time};`
  const unsigned = {
    name: 'ARC-Message-Signature',
    tags: [`i=${instance}; a=${key.algorithm}; c=relaxed/relaxed; ${who}`],
    fieldNames: fieldNames(message.fields),
    bodyHash: hash,
    header: 'relaxed' as const,
  }
  const signature = await signField(unsigned, message, key, crypto)
  const value = ` i=${instance}; a=${key.algorithm}; cv=${chain.status}; ${who}\r\n\tb=`
  const seal: SignedField = { name: 'ARC-Seal', value, raw: `ARC-Seal:${value}` }
  const own = { results: fieldOf(results), message: fieldOf(signature), seal }
  // A seal on a broken chain covers its own set only (RFC 8617 §5.1.2).
  const sets = chain.status === 'fail' ? [own] : [...chain.sets, own]
  const text = await signatureText(sealedOctets(sets), key, crypto)
  return [`${seal.raw}${text}\r\n`, signature, results]
}

/** As DKIM covers, and the DKIM signatures; never ARC's own fields nor Authentication-Results (RFC 8617 §4.1.2). */
function fieldNames(fields: readonly SignedField[]): string[] {
  const signatures = fields.filter(({ name }) => name.toLowerCase() === 'dkim-signature')
  return [...fieldNamesToSign(fields), ...signatures.map(() => 'dkim-signature')]
}

function fieldOf(text: string): SignedField {
  const [field] = readSignedMessage(encodeUtf8(text)).fields
  return { ...field!, raw: latin1(encodeUtf8(text)).slice(0, -2) }
}
