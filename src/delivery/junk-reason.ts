/**
 * Whether a message that waited belongs in the mailbox for junk: it says so itself, in what was written on top of it when it
 * arrived.
 *
 * Standards: RFC 8601 §5, RFC 9989 §9.1 (policy.dmarc: what is done).
 * Security: fields in our name that strangers wrote were taken out on arrival, and ours stand above Received.
 */
import { type Header, parseAuthenticationResults } from '../format/index.ts'

export function junkReason(header: Header, authservId: string): string | undefined {
  for (const { name, value } of header.fields) {
    const lower = name.toLowerCase()
    if (lower === 'received') return undefined
    if (lower !== 'authentication-results') continue
    const field = parseAuthenticationResults(value)
    if (field?.authservId.toLowerCase() !== authservId.toLowerCase()) continue
    const dmarc = field.results.find(({ method }) => method === 'dmarc')
    const policy = dmarc?.properties.find((property) => property.type === 'policy' && property.name === 'dmarc')
    if (policy?.value === 'quarantine') return dmarc?.reason ?? 'DMARC'
  }
  return undefined
}
