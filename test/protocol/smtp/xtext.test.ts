import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeOriginalRecipient,
  decodeXtext,
  encodeOriginalRecipient,
  encodeXtext,
} from '../../../src/protocol/smtp/xtext.ts'

test('RFC 3461 §4: xtext', () => {
  expect(decodeXtext('QQ314159')).toBe('QQ314159')
  expect(decodeXtext('+22Joe+20Blow+22@Example.COM')).toBe('"Joe Blow"@Example.COM')
  expect(encodeXtext('a+b=c d')).toBe('a+2Bb+3Dc+20d')
})

test.each(['a=b', 'a+', 'a+4', 'a+4x', 'a+4a', 'a b', 'é', 'a+0D+0A', 'a+00', 'a+FF'])('refuses %s', (value) => {
  expect(decodeXtext(value)).toBeUndefined()
})

describe('ORCPT (RFC 3461 §4.2, RFC 6533 §3)', () => {
  test.each([
    ['rfc822;Bob@Example.COM', 'rfc822;Bob@Example.COM'],
    ['rfc822;a+2Bb@example.com', 'rfc822;a+b@example.com'],
    ['utf-8;user\\x{E9}@example.com', 'utf-8;useré@example.com'],
    ['utf-8;用户@例子.测试', 'utf-8;用户@例子.测试'],
    ['UTF-8;a\\x{2B}b@example.com', 'UTF-8;a+b@example.com'],
    ['rfc822;+D0+B7+D0+BE+D1+8F@example.com', 'utf-8;зоя@example.com'],
    ['x400;/C=NO/'.replaceAll('=', '+3D'), 'x400;/C=NO/'],
  ])('%s', (value, decoded) => {
    expect(decodeOriginalRecipient(value)).toBe(decoded)
  })
  test.each([
    ['Bob@Example.COM', 'no type'],
    [';a@b', 'empty type'],
    ['rfc822;', 'no address'],
    ['rfc 822;a@b', 'space in the type'],
    ['rfc822;a=b@c', 'not xtext'],
    ['rfc822;a+FF@b', 'neither ASCII nor UTF-8'],
    ['rfc822;a+C2+85@b', 'a control character'],
    ['rfc822;a+D0+B7+0A@b', 'another control character'],
    ['x400;+D0+B7', 'UTF-8 in another type'],
    ['utf-8;a+b', '+ is reserved'],
    ['utf-8;\\x{D800}', 'a surrogate'],
    ['utf-8;\\x{110000}', 'beyond Unicode'],
    ['utf-8;\\x{0A}', 'a control character'],
    ['utf-8;\\x{e9}', 'lower-case digits'],
  ])('refuses %s: %s', (value) => {
    expect(decodeOriginalRecipient(value)).toBeUndefined()
  })
})

test('what was encoded decodes to itself', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~]+$/), (text) => {
      expect(decodeXtext(encodeXtext(text))).toBe(text)
    }),
  )
  const character = fc
    .integer({ min: 0x20, max: 0x10ffff })
    .filter((c) => !(c >= 0x7f && c < 0xa0) && !(c >= 0xd800 && c < 0xe000))
  fc.assert(
    fc.property(fc.array(character, { minLength: 1, maxLength: 20 }), fc.boolean(), (points, smtputf8) => {
      const orcpt = `utf-8;${String.fromCodePoint(...points)}`
      expect(decodeOriginalRecipient(encodeOriginalRecipient(orcpt, smtputf8)!)).toBe(orcpt)
    }),
  )
})
