import { describe, expect, test } from 'vitest'
import { checkSpf } from '../../../src/protocol/spf/index.ts'
import { scenarios, SuiteDns } from './rfc7208-suite.ts'

describe.each(scenarios)('$description (RFC 7208)', ({ tests, zonedata }) => {
  test.each(Object.entries(tests))('%s', async (_, { helo, host, mailfrom, result, explanation }) => {
    const query = { address: host, helo, sender: mailfrom }
    const found = await checkSpf(query, { now: 0, receiver: 'mx.facteur.test' }, new SuiteDns(zonedata))
    expect(Array.isArray(result) ? result : [result]).toContain(found.status)
    if (explanation === undefined) return
    // Nibbles may be of either case.
    expect((found.explanation ?? 'DEFAULT').toLowerCase()).toBe(explanation.toLowerCase())
  })
})
