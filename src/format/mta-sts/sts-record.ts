/**
 * The TXT record at `_mta-sts.<domain>`: that there is a policy, and by its id whether it has changed.
 *
 * Standards: RFC 8461 §3.1.
 * Security: any zone writes this; what does not follow the grammar to the letter is no record.
 */

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

/** The record for a policy of ours. `id`: 1 to 32 letters and digits. */
export function stsRecord(id: string): string {
  return `v=STSv1; id=${id};`
}
