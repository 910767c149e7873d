/**
 * iprev: does the client's address have a name that leads back to it?
 *
 * Standards: RFC 8601 §3 (the check and its results), §2.7.3.
 * Limits: ten names.
 */
import type { AuthenticationResult } from '../../format/index.ts'
import type { DnsResolver } from '../dns/index.ts'
import { parseIpAddress, reverseName, sharePrefix } from './ip-address.ts'

export interface IprevResult {
  status: 'pass' | 'fail' | 'temperror' | 'permerror'
  address: string
  /** The name that leads back. */
  name?: string
}

const NAME_LIMIT = 10

export async function checkIprev(address: string, dns: Pick<DnsResolver, 'resolve'>): Promise<IprevResult> {
  const client = parseIpAddress(address)
  if (client === undefined) return { status: 'permerror', address }
  const names = await dns.resolve(reverseName(client), 'PTR')
  if (names.status === 'failed') return { status: 'temperror', address }
  // No name at all is an error of its own kind (RFC 8601 §3).
  if (names.status !== 'found') return { status: 'permerror', address }
  let failed = false
  for (const name of names.records.slice(0, NAME_LIMIT)) {
    const answer = await dns.resolve(name, client.length === 4 ? 'A' : 'AAAA')
    if (answer.status === 'failed') failed = true
    if (answer.status !== 'found') continue
    const found = answer.records.map(parseIpAddress).filter((each) => each !== undefined)
    if (found.some((each) => sharePrefix(each, client, client.length * 8))) return { status: 'pass', address, name }
  }
  return { status: failed ? 'temperror' : 'fail', address }
}

export function iprevAuthentication({ status, address, name }: IprevResult): AuthenticationResult {
  const properties = [{ type: 'policy', name: 'iprev', value: address }]
  return { method: 'iprev', result: status, ...(name !== undefined && { reason: name }), properties }
}
