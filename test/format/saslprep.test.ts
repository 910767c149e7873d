import { expect, test } from 'vitest'
import { saslPrep } from '../../src/format/index.ts'

test.each([
  ['I\u00adX', 'IX', 'a soft hyphen is nothing'],
  ['user', 'user', 'no change'],
  ['USER', 'USER', 'case is kept'],
  ['\u00aa', 'a', 'NFKC'],
  ['\u2168', 'IX', 'NFKC'],
  ['pass\u00a0word', 'pass word', 'another space is a space (§2.1)'],
  ['a\u0308', 'ä', 'what looks the same is the same'],
  ['\u0627\u0031\u0628', '\u0627\u0031\u0628', 'from right to left at both ends'],
])('%j becomes %j: %s (RFC 4013 §3)', (given, prepared) => {
  expect(saslPrep(given)).toBe(prepared)
})

test.each([
  ['\u0007', 'a control character'],
  ['\u0627\u0031', 'from right to left at one end only (RFC 3454 §6)'],
  ['\u0627a\u0628', 'both directions'],
  ['a\ue000', 'private use'],
  ['a\ufffd', 'the replacement character'],
  ['a\u200e', 'a mark of direction'],
])('%j may not be in a password: %s', (given) => {
  expect(saslPrep(given)).toBeUndefined()
})
