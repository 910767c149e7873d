/**
 * The header fields as they are hashed, and which of them a signature speaks of.
 *
 * Standards: RFC 6376 §3.4.1 (simple), §3.4.2 (relaxed), §3.5 (`b=` counts as empty), §3.7, §5.4.2 (repeated fields).
 */
import { fromLatin1 } from '../../format/index.ts'
import type { Canonicalization } from './body-canonicalization.ts'
import type { SignedField } from './message.ts'

/** One field in canonical form without its line end, latin1-of-bytes. */
export function canonicalField(kind: Canonicalization, field: SignedField): string {
  if (kind === 'simple') return field.raw
  return `${field.name.toLowerCase()}:${relaxedValue(field.value)}`
}

function relaxedValue(value: string): string {
  const line = value.replace(/\r?\n/g, '').replace(/[ \t]+/g, ' ')
  return line.slice(line.startsWith(' ') ? 1 : 0, line.length > 1 && line.endsWith(' ') ? -1 : undefined)
}

/** The field with the value of its `b=` tag taken out and all else as it is. */
export function withoutSignature(field: SignedField): SignedField {
  const { name, value, raw } = field
  const bare = value.replace(/(^|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*/, '$1$2')
  return { name, value: bare, raw: raw.slice(0, raw.length - value.length) + bare }
}

/**
 * The fields that `names` (the h= tag) stand for: each mention takes the lowest one that is not taken yet, and nothing
 * when there is none left. `except` is the signature itself.
 */
export function selectFields(
  fields: readonly SignedField[],
  names: readonly string[],
  except?: SignedField,
): SignedField[] {
  const left = new Map<string, SignedField[]>()
  for (const field of fields) {
    if (field === except) continue
    const name = field.name.toLowerCase()
    const known = left.get(name)
    if (known) known.push(field)
    else left.set(name, [field])
  }
  return names.map((name) => left.get(name.toLowerCase())?.pop()).filter((field) => field !== undefined)
}

/** The octets to sign: the chosen fields, then the signature's own field with `b=` empty and without a line end. */
export function headerOctets(
  kind: Canonicalization,
  fields: readonly SignedField[],
  signature: SignedField,
): Uint8Array {
  const lines = fields.map((field) => `${canonicalField(kind, field)}\r\n`)
  return fromLatin1(lines.join('') + canonicalField(kind, withoutSignature(signature)))
}
