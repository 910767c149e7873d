/** The charsets in workerd: the samples that Node decodes too, and those for which it has no table. */
import { describe, expect, it } from 'vitest'
import { decodeCharset } from '../../../src/format/index.ts'
import { namedSamples, octetsOf, unnamedSamples, workerdSamples } from '../../format/charset-samples.ts'

describe('decodes as elsewhere', () => {
  it.each(namedSamples)('%s %s is %s', (charset, octets, text) =>
    expect(decodeCharset(octetsOf(octets), charset)).toEqual({ text, problem: false }),
  )

  it.each(unnamedSamples)('guessed: %s', (_, octets, text) =>
    expect(decodeCharset(octetsOf(octets), undefined).text).toBe(text),
  )
})

it.each(workerdSamples)('decodes %s %s by the WHATWG table', (charset, octets, text) =>
  expect(decodeCharset(octetsOf(octets), charset).text).toBe(text),
)
