/**
 * DMARC's outcome as Authentication-Results tells it.
 *
 * Standards: RFC 9989 §9.1 (header.from, policy.dmarc), RFC 8601 §2.2.
 */
import type { AuthenticationResult } from '../../format/index.ts'
import type { DmarcResult } from './evaluate.ts'

export function dmarcAuthentication({
  status,
  domain,
  reason,
  record,
  disposition,
}: DmarcResult): AuthenticationResult {
  const properties = [{ type: 'header', name: 'from', value: domain }]
  if (record !== undefined) properties.push({ type: 'policy', name: 'dmarc', value: disposition })
  return { method: 'dmarc', result: status, ...(status !== 'pass' && { reason }), properties }
}
