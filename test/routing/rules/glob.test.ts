import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { folded, glob } from '../../../src/routing/rules/index.ts'

test.each([
  ['*', '', true],
  ['info', 'info', true],
  ['INFO', 'info', true],
  ['info', 'information', false],
  ['info*', 'info', true],
  ['*@example.org', 'a@example.org', true],
  ['*@example.org', 'a@example.org.evil.test', false],
  ['*@*.example.org', 'a@b.c.example.org', true],
  ['*@*.example.org', 'a@example.org', false],
  ['?*', '', false],
  ['?*', 'x', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['*ab*ab*', 'ab', false],
  ['*ab*ab*', 'xabyabz', true],
  ['ab*ba', 'aba', false],
  ['*a?c*', 'xxabcxx', true],
  ['größe*', 'GRÖSSE', false],
  ['grün*', 'GRÜNER', true],
  ['a.c', 'abc', false],
  ['', '', true],
  ['', 'x', false],
])('%j and %j: %s', (pattern, text, fits) => expect(glob(pattern)(folded(text))).toBe(fits))

function letters(...of: string[]): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...of), maxLength: 12 })
}

test('means what the same pattern means to a regular expression', () => {
  fc.assert(
    fc.property(letters('a', 'b', '.', '*', '?'), letters('a', 'b', '.'), (pattern, text) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '[^]*').replaceAll('?', '[^]')
      expect(glob(pattern)(text)).toBe(new RegExp(`^${source}$`).test(text))
    }),
    { numRuns: 2_000 },
  )
})

test('takes no longer than text times stars, whatever a stranger sends', () => {
  const fits = glob(`${'*a'.repeat(50)}*b`)
  expect(fits('a'.repeat(100_000))).toBe(false)
})
