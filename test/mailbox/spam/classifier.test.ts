/** Counting tokens, and what the counts say: Robinson's probabilities, combined by Fisher's test. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Classifier } from '../../../src/mailbox/spam/classifier.ts'
import { bucketCount } from '../../../src/mailbox/spam/token.ts'

const tokens = (...buckets: number[]) => Uint16Array.from(buckets)
const range = (from: number, to: number) => Uint16Array.from({ length: to - from }, (_, at) => from + at)

function taught(): Classifier {
  const classifier = new Classifier()
  for (let n = 0; n < 30; n++) {
    classifier.learn(range(0, 20), 'wanted')
    classifier.learn(range(100, 120), 'spam')
  }
  return classifier
}

describe('a score', () => {
  test('is one half while nothing is known', () => {
    expect(new Classifier().score(range(0, 50))).toBe(0.5)
    expect(taught().score(range(500, 550))).toBe(0.5)
    expect(taught().score(tokens())).toBe(0.5)
  })

  test('is near one for what is like spam, and near zero for what is like wanted mail', () => {
    expect(taught().score(range(100, 115))).toBeGreaterThan(0.999)
    expect(taught().score(range(0, 15))).toBeLessThan(0.001)
  })

  test('is in the middle for what has as much of both', () => {
    const both = Uint16Array.from([...range(0, 15), ...range(100, 115)])
    expect(taught().score(both)).toBeCloseTo(0.5, 5)
  })

  test('is not moved by words that occur in both alike', () => {
    const classifier = taught()
    for (let n = 0; n < 30; n++) {
      classifier.learn(range(200, 220), 'wanted')
      classifier.learn(range(200, 220), 'spam')
    }
    expect(classifier.score(range(200, 220))).toBe(0.5)
  })

  test('stays a number between 0 and 1 for a message of nothing but telling words', () => {
    const classifier = new Classifier()
    for (let n = 0; n < 1_000; n++) classifier.learn(range(0, 1_500), 'spam')
    expect(classifier.score(range(0, 1_500))).toBeGreaterThan(0.999)
  })
})

describe('learning', () => {
  const message = fc
    .uniqueArray(fc.integer({ min: 0, max: bucketCount - 1 }), { maxLength: 40 })
    .map((list) => tokens(...list))
  const lesson = fc.record({ message, verdict: fc.constantFrom('wanted' as const, 'spam' as const) })

  test('what is taken back leaves no trace', () => {
    fc.assert(
      fc.property(fc.array(lesson, { maxLength: 10 }), lesson, message, (lessons, extra, asked) => {
        const classifier = new Classifier()
        for (const { message, verdict } of lessons) classifier.learn(message, verdict)
        const before = classifier.score(asked)
        classifier.learn(extra.message, extra.verdict)
        classifier.unlearn(extra.message, extra.verdict)
        expect(classifier.score(asked)).toBe(before)
      }),
      { numRuns: 30 },
    )
  })

  test('is the same after it was written and read', () => {
    fc.assert(
      fc.property(fc.array(lesson, { maxLength: 10 }), message, (lessons, asked) => {
        const classifier = new Classifier()
        for (const { message, verdict } of lessons) classifier.learn(message, verdict)
        const read = Classifier.decode(classifier.encode())
        expect([read?.wanted, read?.spam]).toEqual([classifier.wanted, classifier.spam])
        expect(read?.score(asked)).toBe(classifier.score(asked))
      }),
      { numRuns: 20 },
    )
  })

  test('fades before a count runs over', () => {
    const classifier = new Classifier()
    for (let n = 0; n < 70_000; n++) classifier.learn(tokens(1), n % 2 === 0 ? 'spam' : 'wanted')
    for (let n = 0; n < 70_000; n++) classifier.learn(tokens(2), 'spam')
    expect(classifier.score(tokens(2))).toBeGreaterThan(0.9)
    expect(classifier.spam).toBeLessThan(105_000)
  })

  test('what was not written by it is not read', () => {
    expect(Classifier.decode(new Uint8Array(10))).toBeUndefined()
  })
})
