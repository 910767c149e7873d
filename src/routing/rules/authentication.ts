/**
 * Results of verification as rules know them: one for each method.
 *
 * Standards: RFC 8601 §2.7 (words for results).
 */
import type { MessageFacts } from './reading.ts'
import type { AuthenticationMethod } from './rule.ts'

/** Of several results of a method, as of several signatures, a pass counts, else the first one. */
export function authenticationOf(
  results: readonly { readonly method: string; readonly result: string }[],
): NonNullable<MessageFacts['authentication']> {
  const of = (method: AuthenticationMethod) => {
    const found = results.filter((one) => one.method === method).map(({ result }) => result)
    return found.includes('pass') ? 'pass' : (found[0] ?? 'none')
  }
  return { spf: of('spf'), dkim: of('dkim'), dmarc: of('dmarc') }
}
