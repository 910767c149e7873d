/**
 * ARC sets: three fields that each receiver who passed a message on has left, by instance.
 *
 * Standards: RFC 8617 §4.1 (fields), §4.2.1 (instances), §5.2 (what makes a chain whole).
 * Limits: 50 sets (RFC 8617 §5.1); a message with more has no valid chain.
 * Security: fed by anyone; each field is read once.
 */
import { decodeBase64, parseAuthenticationResults } from '../../format/index.ts'
import {
  domainOf,
  parseTagList,
  readSignedPart,
  readTimes,
  type SignatureAlgorithm,
  type SignedField,
  withoutWhite,
} from '../dkim/index.ts'

export type ChainStatus = 'none' | 'pass' | 'fail'

/** ARC-Seal, read. */
export interface Seal {
  instance: number
  chain: ChainStatus
  algorithm: SignatureAlgorithm
  domain: string
  selector: string
  signature: Uint8Array
}

export interface ArcSet {
  results: SignedField
  message: SignedField
  seal: SignedField
}

export const SET_LIMIT = 50

const kinds = {
  'arc-authentication-results': 'results',
  'arc-message-signature': 'message',
  'arc-seal': 'seal',
} as const

export type Collected =
  /** Sets from instance 1 on, all whole. */
  | { ok: true; sets: ArcSet[] }
  /** `highest` instance seen, so that a set that says so gets a number of its own. */
  | { ok: false; highest: number; reason: string }

/** The sets of a message. Without ARC fields there are none. */
export function collectSets(fields: readonly SignedField[]): Collected {
  const sets = new Map<number, Partial<ArcSet>>()
  let reason: string | undefined
  for (const field of fields) {
    const kind = kinds[field.name.toLowerCase() as keyof typeof kinds]
    if (kind === undefined) continue
    const instance = instanceOf(field.value)
    if (instance === undefined) {
      reason ??= `${field.name} has no instance`
      continue
    }
    const set = sets.get(instance) ?? {}
    if (set[kind] !== undefined) reason ??= `${field.name} ${instance} is there twice`
    sets.set(instance, { ...set, [kind]: field })
  }
  const highest = Math.max(0, ...sets.keys())
  const whole: ArcSet[] = []
  for (let instance = 1; instance <= sets.size; instance++) {
    const { results, message, seal } = sets.get(instance) ?? {}
    if (results && message && seal) whole.push({ results, message, seal })
    else reason ??= `the set ${instance} is not whole`
  }
  return reason === undefined ? { ok: true, sets: whole } : { ok: false, highest, reason }
}

/** i= of a field, which is its first tag in ARC-Authentication-Results and anywhere in the others. */
function instanceOf(value: string): number | undefined {
  const [, digits] = /(?:^|;)[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*(\d{1,2})[ \t\r\n]*(?:;|$)/.exec(value) ?? []
  const instance = Number(digits)
  return instance >= 1 && instance <= SET_LIMIT ? instance : undefined
}

/** A reason when the seal is broken. */
export function readSeal(value: string): Seal | string {
  const tags = parseTagList(value)
  if (tags === undefined) return 'the seal is no list of tags'
  // A seal speaks of ARC's own fields only (RFC 8617 §4.1.3).
  if (tags.has('h')) return 'the seal has h='
  const chain = tags.get('cv')?.toLowerCase()
  if (chain !== 'none' && chain !== 'pass' && chain !== 'fail') return 'the seal has no cv='
  const algorithm = tags.get('a')?.toLowerCase()
  if (algorithm !== 'rsa-sha256' && algorithm !== 'ed25519-sha256') return 'the seal has an unknown a='
  const domain = domainOf(tags.get('d') ?? '')
  const selector = domainOf(tags.get('s') ?? '')
  const signature = decodeBase64(withoutWhite(tags.get('b') ?? ''))
  if (domain === undefined || selector === undefined) return 'the seal has no d= or s='
  if (signature === undefined || signature.length === 0) return 'the seal has no b='
  return { instance: Number(tags.get('i')), chain, algorithm, domain, selector, signature }
}

/** ARC-Message-Signature, which is DKIM's but for v= and i= (RFC 8617 §4.1.2); a reason when it is broken. */
export function readMessageSignature(value: string) {
  const tags = parseTagList(value)
  if (tags === undefined) return 'the message signature is no list of tags'
  const signed = readSignedPart(tags)
  if (typeof signed === 'string') return signed
  if (signed.algorithm === 'rsa-sha1') return 'rsa-sha1 proves nothing'
  if (signed.fieldNames.some((name) => name.toLowerCase() === 'arc-seal')) return 'h= covers ARC-Seal'
  const domain = domainOf(tags.get('d') ?? '')
  const selector = domainOf(tags.get('s') ?? '')
  if (domain === undefined || selector === undefined) return 'the message signature has no d= or s='
  const times = readTimes(tags)
  return typeof times === 'string' ? times : { ...signed, ...times, algorithm: signed.algorithm, domain, selector }
}

/** What the receiver of a set found; undefined when it cannot be read. Believe it only of sealers you trust. */
export function readResults(value: string) {
  return parseAuthenticationResults(value.slice(value.indexOf(';') + 1))
}
