/**
 * Whether a message that waited belongs in the mailbox for junk: it says so itself, in what was written on top of it when it
 * arrived.
 *
 * Standards: RFC 9989 §9.1 (policy.dmarc: what is done).
 */
import type { Header } from '../format/index.ts'
import { ourResults } from './our-results.ts'

export function junkReason(header: Header, authservId: string): string | undefined {
  for (const { method, properties, reason } of ourResults(header, authservId)) {
    if (method !== 'dmarc') continue
    const policy = properties.find((property) => property.type === 'policy' && property.name === 'dmarc')
    if (policy?.value === 'quarantine') return reason ?? 'DMARC'
  }
  return undefined
}
