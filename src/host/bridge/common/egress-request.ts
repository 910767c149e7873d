/**
 * Reads what the Worker posts to the egress: `u32 BE head length | EgressRequest JSON | raw message`.
 *
 * Security: only holders of the bridge secret get this far; the shape is checked all the same, since a bridge and a
 * Worker of different versions may meet.
 */

import type { EgressRequest, EgressTarget } from '../../../delivery/index.ts'

export interface ParsedEgress {
  readonly request: EgressRequest
  /** A view into the body. */
  readonly raw: Uint8Array
}

const maxHead = 4 * 1024 * 1024
const policies = ['opportunistic', 'encrypted', 'dane', 'required', 'implicit', 'none']

/** The request, or in one sentence what is wrong with it. */
export function parseEgress(body: Uint8Array): ParsedEgress | string {
  if (body.length < 4) return 'The body is too short.'
  const length = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(0)
  if (length > maxHead || 4 + length > body.length) return 'The head is longer than the body.'
  let head: unknown
  try {
    head = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body.subarray(4, 4 + length)))
  } catch {
    return 'The head is not JSON.'
  }
  const problem = problemOf(head)
  if (problem !== undefined) return problem
  return { request: head as EgressRequest, raw: body.subarray(4 + length) }
}

function problemOf(head: unknown): string | undefined {
  if (!isObject(head)) return 'The head is not an object.'
  if (!isName(head.hostname)) return '"hostname" is missing.'
  if (!isEnvelope(head.envelope)) return '"envelope" is not an envelope.'
  if (!Array.isArray(head.targets) || head.targets.length === 0) return '"targets" is empty.'
  if (!head.targets.every(isTarget)) return '"targets" has an entry that is not a target.'
  const { auth } = head
  if (auth === undefined) return undefined
  return isObject(auth) && typeof auth.user === 'string' && typeof auth.password === 'string'
    ? undefined
    : '"auth" needs "user" and "password".'
}

function isEnvelope(value: unknown): boolean {
  if (!isObject(value) || !isPath(value.reversePath, true)) return false
  const { recipients } = value
  return (
    Array.isArray(recipients) &&
    recipients.length > 0 &&
    recipients.every((recipient) => isObject(recipient) && isPath(recipient.address, false))
  )
}

function isTarget(value: unknown): value is EgressTarget {
  if (!isObject(value) || !isName(value.host)) return false
  const { port, tls, addresses, dane, publicOnly = false } = value
  return (
    typeof port === 'number' &&
    Number.isInteger(port) &&
    port > 0 &&
    port < 65536 &&
    typeof tls === 'string' &&
    policies.includes(tls) &&
    // Without records there would be nothing to verify by.
    (tls === 'dane') === isDane(dane) &&
    typeof publicOnly === 'boolean' &&
    Array.isArray(addresses) &&
    addresses.every(isName)
  )
}

function isDane(value: unknown): boolean {
  if (!isObject(value) || !Array.isArray(value.records) || !Array.isArray(value.names)) return false
  const { records, names } = value
  return records.length > 0 && records.every(isAssociation) && names.length > 0 && names.every(isName)
}

function isAssociation(value: unknown): boolean {
  if (!isObject(value) || typeof value.data !== 'string') return false
  return [value.usage, value.selector, value.matchingType].every((number) => Number.isInteger(number))
}

/** Host names and addresses go to the resolver and into the dialogue: printable, no spaces. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value)
}

/** No control characters: a path must not become a second command. */
function isPath(value: unknown, mayBeEmpty: boolean): boolean {
  // controls are what must not be there
  return typeof value === 'string' && (mayBeEmpty || value !== '') && !/[\u0000-\u001f\u007f]/.test(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
