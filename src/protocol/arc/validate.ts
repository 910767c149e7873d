/**
 * Validates the chain of a message.
 *
 * Standards: RFC 8617 §5.2.
 * Limits: see `collectSets`; each set costs two DNS questions and two key operations at most.
 * Security: fed by anyone. A valid chain says who handled the message and what each says it found, not that it is true.
 */
import { type AuthenticationResult, concat, equalBytes, fromLatin1 } from '../../format/index.ts'
import {
  BodyHashes,
  canonicalField,
  headerOctets,
  selectFields,
  type SignedField,
  type SignedMessage,
  verifyOctets,
  type VerifyPorts,
  withoutSignature,
} from '../dkim/index.ts'
import { type ArcSet, type ChainStatus, collectSets, readMessageSignature, readSeal } from './arc-set.ts'

export interface ArcResult {
  status: ChainStatus
  reason?: string
  /** A question to the DNS was not answered: it may pass later. */
  temporary?: boolean
  /** The newest instance. */
  instances: number
  /** cv= of the newest seal: a chain that says `fail` is never continued (RFC 8617 §5.1). */
  sealed?: ChainStatus
  /** The sealers from the first to the newest; of a valid chain only. */
  sealers: string[]
  /** The oldest instance whose message signature still holds; 0 when all do (RFC 8617 §5.2 step 5). */
  oldestPass?: number
  /** The sets of a chain that is whole, for those who look into what was found. */
  sets: readonly ArcSet[]
}

type Failure = { reason: string; temporary?: boolean }

export async function validateArc(
  message: SignedMessage,
  options: { now: number },
  ports: VerifyPorts,
): Promise<ArcResult> {
  const collected = collectSets(message.fields)
  if (!collected.ok) {
    return { status: 'fail', reason: collected.reason, instances: collected.highest, sealers: [], sets: [] }
  }
  const { sets } = collected
  if (message.truncated) {
    return { status: 'fail', reason: 'the header is too long', instances: sets.length, sealers: [], sets: [] }
  }
  const newest = sets.at(-1)
  if (newest === undefined) return { status: 'none', instances: 0, sealers: [], sets }
  const seals = sets.map(({ seal }) => readSeal(seal.value))
  const last = seals.at(-1)!
  const about = { instances: sets.length, sets, ...(typeof last !== 'string' && { sealed: last.chain }) }
  const failed = (failure: Failure): ArcResult => ({ status: 'fail', sealers: [], ...about, ...failure })
  const sealers: string[] = []
  for (const [at, seal] of seals.entries()) {
    if (typeof seal === 'string') return failed({ reason: `${seal} (${at + 1})` })
    const expected = at === 0 ? 'none' : 'pass'
    if (seal.chain !== expected) return failed({ reason: `the seal ${at + 1} says cv=${seal.chain}` })
    sealers.push(seal.domain)
  }
  const check = new ChainCheck(message, options.now, ports)
  const broken = await check.messageSignature(newest.message)
  if (broken !== undefined) return failed({ ...broken, reason: `${broken.reason} (${sets.length})` })
  for (let instance = sets.length; instance >= 1; instance--) {
    const failure = await check.seal(sets.slice(0, instance))
    if (failure !== undefined) return failed({ ...failure, reason: `${failure.reason} (${instance})` })
  }
  return { status: 'pass', ...about, sealers, oldestPass: await check.oldestPass(sets) }
}

class ChainCheck {
  readonly #message: SignedMessage
  readonly #bodies: BodyHashes
  readonly #now: number
  readonly #ports: VerifyPorts

  constructor(message: SignedMessage, now: number, ports: VerifyPorts) {
    this.#message = message
    this.#bodies = new BodyHashes(message.body, ports.crypto)
    this.#now = now
    this.#ports = ports
  }

  /** Why the message signature does not hold; undefined when it does. */
  async messageSignature(field: SignedField): Promise<Failure | undefined> {
    const signature = readMessageSignature(field.value)
    if (typeof signature === 'string') return { reason: signature }
    if (signature.expiresAt !== undefined && signature.expiresAt * 1000 <= this.#now) {
      return { reason: 'the message signature has expired' }
    }
    const fields = selectFields(this.#message.fields, signature.fieldNames, field)
    const data = headerOctets(signature.header, fields, field)
    const failure = await this.#verify({ ...signature, data })
    if (failure !== undefined) return failure
    const body = await this.#bodies.hash(signature.body, signature.bodyLength)
    const unchanged = body !== undefined && equalBytes(body.hash, signature.bodyHash)
    return unchanged ? undefined : { reason: 'the body was changed' }
  }

  /** Why the newest seal of these sets does not hold; undefined when it does. */
  async seal(sets: readonly ArcSet[]): Promise<Failure | undefined> {
    const seal = readSeal(sets.at(-1)!.seal.value)
    return typeof seal === 'string' ? { reason: seal } : this.#verify({ ...seal, data: sealedOctets(sets) })
  }

  async oldestPass(sets: readonly ArcSet[]): Promise<number> {
    for (let instance = sets.length - 1; instance >= 1; instance--) {
      if ((await this.messageSignature(sets[instance - 1]!.message)) !== undefined) return instance + 1
    }
    return 0
  }

  async #verify(signed: Parameters<typeof verifyOctets>[0]): Promise<Failure | undefined> {
    const { status, reason = '' } = await verifyOctets(signed, this.#ports)
    if (status === 'pass') return undefined
    return { reason, ...(status === 'temperror' && { temporary: true }) }
  }
}

/** What a seal is put to: all sets in order, relaxed, the last seal with `b=` empty (RFC 8617 §5.1.1). */
export function sealedOctets(sets: readonly ArcSet[]): Uint8Array {
  const lines = sets.flatMap(({ results, message, seal }) => [results, message, seal])
  const last = lines.pop()!
  const before = lines.map((field) => fromLatin1(`${canonicalField('relaxed', field)}\r\n`))
  return concat([...before, fromLatin1(canonicalField('relaxed', withoutSignature(last)))])
}

/** ARC's outcome as Authentication-Results tells it (RFC 8617 §10.1, RFC 8601 §2.7). */
export function arcAuthentication({ status, reason, oldestPass }: ArcResult): AuthenticationResult {
  const properties = []
  if (oldestPass !== undefined) properties.push({ type: 'header', name: 'oldest-pass', value: String(oldestPass) })
  return { method: 'arc', result: status, ...(reason !== undefined && { reason }), properties }
}
