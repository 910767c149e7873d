/**
 * What we ourselves wrote on a message when it arrived about who sent it.
 *
 * Standards: RFC 8601 §5.
 * Security: fields in our name that strangers wrote were taken out on arrival, and ours stand above Received.
 */
import { type AuthenticationResult, type Header, parseAuthenticationResults } from '../format/index.ts'

export function ourResults(header: Header, authservId: string): AuthenticationResult[] {
  const found: AuthenticationResult[] = []
  for (const { name, value } of header.fields) {
    const lower = name.toLowerCase()
    if (lower === 'received') break
    if (lower !== 'authentication-results') continue
    const field = parseAuthenticationResults(value)
    if (field?.authservId.toLowerCase() === authservId.toLowerCase()) found.push(...field.results)
  }
  return found
}
