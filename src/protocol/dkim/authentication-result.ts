/**
 * DKIM's outcome as Authentication-Results tells it.
 *
 * Standards: RFC 8601 §2.7.1, RFC 6008 (header.b), RFC 8616 §6.
 */
import type { AuthenticationResult } from '../../format/index.ts'
import type { DkimResult } from './verify.ts'

/** One entry for each signature; one `none` when there was no signature. */
export function dkimAuthentication(results: readonly DkimResult[]): AuthenticationResult[] {
  if (results.length === 0) return [{ method: 'dkim', result: 'none', properties: [] }]
  return results.map((result) => {
    const { status, reason, domain, identity, selector, algorithm, signaturePrefix } = result
    const properties = Object.entries({ d: domain, i: identity, s: selector, a: algorithm, b: signaturePrefix })
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      .map(([name, value]) => ({ type: 'header', name, value }))
    return { method: 'dkim', result: status, ...(reason !== undefined && { reason }), properties }
  })
}
