/**
 * SPF's outcome as Authentication-Results tells it.
 *
 * Standards: RFC 8601 §2.7.2.
 */
import type { AuthenticationResult } from '../../format/index.ts'
import type { SpfQuery, SpfResult } from './check-host.ts'

/** The identity that was asked for: the reverse path, or the client's name when that is null. */
export function spfAuthentication(query: SpfQuery, result: SpfResult): AuthenticationResult {
  const { status, reason } = result
  const identity = query.sender === '' ? { name: 'helo', value: query.helo } : { name: 'mailfrom', value: query.sender }
  const told = status === 'pass' ? {} : { reason }
  return { method: 'spf', result: status, ...told, properties: [{ type: 'smtp', ...identity }] }
}
