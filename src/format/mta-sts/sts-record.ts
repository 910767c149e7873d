/**
 * The TXT record at `_mta-sts.<domain>`: that there is a policy, and by its id whether it has changed.
 *
 * Standards: RFC 8461 §3.1.
 * Security: any zone writes this; what does not follow the grammar to the letter is no record.
 */

import { formatStsPolicy, type StsPolicy } from './sts-policy.ts'

const delimiter = '[ \\t]*;[ \\t]*'
const field = '[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[!-:<>-~]+'
const record = new RegExp(`^v=STSv1(?:${delimiter}${field})+(?:${delimiter})?$`)
const longest = 4096

/**
 * The policy's id. Undefined when the domain has no policy: no record, a malformed one, or several that begin with
 * `v=STSv1;` (other TXT records at the name are not counted).
 */
export function stsRecordId(records: readonly string[]): string | undefined {
  const found = records.filter((text) => /^v=STSv1[ \t]*;/.test(text))
  const [text] = found
  if (found.length !== 1 || text === undefined || text.length > longest || !record.test(text)) return undefined
  const ids = text.split(/[ \t]*;[ \t]*/).filter((part) => part.startsWith('id='))
  const id = ids[0]?.slice(3)
  return ids.length === 1 && id !== undefined && /^[A-Za-z0-9]{1,32}$/.test(id) ? id : undefined
}

/** An id that changes with the policy, and only with it. */
export function stsPolicyId(policy: StsPolicy): string {
  const text = formatStsPolicy(policy)
  return [0x811c9dc5, 0x01234567].map((seed) => fnv(text, seed).toString(16).padStart(8, '0')).join('')
}

/** FNV-1a. Two of them: enough to tell an operator's policies apart. */
function fnv(text: string, seed: number): number {
  let value = seed
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0
  return value
}

/** The record for a policy of ours. `id`: 1 to 32 letters and digits. */
export function stsRecord(id: string): string {
  return `v=STSv1; id=${id};`
}
