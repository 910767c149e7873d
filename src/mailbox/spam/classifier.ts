/**
 * How often each token was in wanted mail and in spam, and what that says of another message.
 *
 * The method is Gary Robinson's: a token's probability is pulled towards "don't know" while it is rare, and the outstanding
 * ones are combined by Fisher's chi-squared test, once for spam and once against it. What has arguments on both sides, or
 * none, comes out near one half.
 *
 * Limits: counts are 16 bits; before one runs over all are halved, so that what was learned long ago fades.
 */
import { bucketCount } from './token.ts'

export type Verdict = 'wanted' | 'spam'

/** Strength and value of the belief about a token that was never seen. */
const backgroundStrength = 0.45
const unknown = 0.5
/** Tokens closer to one half than this say nothing. */
const leastDeviation = 0.1
/** The most telling ones decide; more only make every score extreme. */
const mostTelling = 150

const octetsPerBucket = 4

export class Classifier {
  /** Messages learned from. */
  wanted = 0
  spam = 0
  readonly #counts: Uint16Array

  constructor(counts = new Uint16Array(bucketCount * 2)) {
    this.#counts = counts
  }

  /** Reads what `encode` wrote; undefined when it is something else. */
  static decode(bytes: Uint8Array): Classifier | undefined {
    if (bytes.length !== 8 + bucketCount * octetsPerBucket) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const counts = new Uint16Array(bucketCount * 2)
    for (let at = 0; at < counts.length; at++) counts[at] = view.getUint16(8 + at * 2, true)
    const classifier = new Classifier(counts)
    classifier.wanted = view.getUint32(0, true)
    classifier.spam = view.getUint32(4, true)
    return classifier
  }

  /** 256 KiB and eight octets. */
  encode(): Uint8Array {
    const bytes = new Uint8Array(8 + bucketCount * octetsPerBucket)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, this.wanted, true)
    view.setUint32(4, this.spam, true)
    for (let at = 0; at < this.#counts.length; at++) view.setUint16(8 + at * 2, this.#counts[at] as number, true)
    return bytes
  }

  learn(tokens: Uint16Array, verdict: Verdict): void {
    const side = verdict === 'spam' ? 1 : 0
    if (tokens.some((bucket) => this.#counts[bucket * 2 + side] === 0xffff)) this.#fade()
    for (const bucket of tokens) this.#counts[bucket * 2 + side]!++
    this[verdict]++
  }

  /** Takes back what was learned from the same message. */
  unlearn(tokens: Uint16Array, verdict: Verdict): void {
    const side = verdict === 'spam' ? 1 : 0
    for (const bucket of tokens) {
      const at = bucket * 2 + side
      if ((this.#counts[at] as number) > 0) this.#counts[at]!--
    }
    if (this[verdict] > 0) this[verdict]--
  }

  /** From 0, wanted, to 1, spam. */
  score(tokens: Uint16Array): number {
    const telling: number[] = []
    for (const bucket of tokens) {
      const probability = this.#probability(bucket)
      if (Math.abs(probability - unknown) >= leastDeviation) telling.push(probability)
    }
    telling.sort((one, other) => Math.abs(other - unknown) - Math.abs(one - unknown))
    telling.length = Math.min(telling.length, mostTelling)
    if (telling.length === 0) return unknown
    let forSpam = 0
    let against = 0
    for (const probability of telling) {
      forSpam += Math.log(1 - probability)
      against += Math.log(probability)
    }
    const spamminess = 1 - chiSquaredTail(-2 * forSpam, telling.length)
    const wantedness = 1 - chiSquaredTail(-2 * against, telling.length)
    return (1 + spamminess - wantedness) / 2
  }

  #probability(bucket: number): number {
    const wanted = this.#counts[bucket * 2] as number
    const spam = this.#counts[bucket * 2 + 1] as number
    const seen = wanted + spam
    if (seen === 0) return unknown
    const inSpam = spam / Math.max(1, this.spam)
    const inWanted = wanted / Math.max(1, this.wanted)
    const ratio = inSpam / (inSpam + inWanted)
    return (backgroundStrength * unknown + seen * ratio) / (backgroundStrength + seen)
  }

  #fade(): void {
    for (let at = 0; at < this.#counts.length; at++) this.#counts[at]! >>= 1
    this.wanted >>= 1
    this.spam >>= 1
  }
}

/** The chance that chi-squared with `2 * pairs` degrees of freedom is above `value`. */
function chiSquaredTail(value: number, pairs: number): number {
  const half = value / 2
  // In logarithms: e^-half alone is zero for a few hundred telling tokens.
  let term = -half
  let sum = Math.exp(term)
  for (let i = 1; i < pairs; i++) {
    term += Math.log(half / i)
    sum += Math.exp(term)
  }
  return Math.min(1, sum)
}
