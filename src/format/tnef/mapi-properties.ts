/**
 * The MAPI properties inside TNEF: those that hold text or octets.
 *
 * Standards: [MS-OXTNEF] §2.1.3.4 (MsgPropertyList), [MS-OXCDATA] §2.11 (property types).
 * Security: fed by anyone; one pass, each property takes at least four octets, so counts that lie cost nothing.
 */
import { ByteReader } from './byte-reader.ts'

/** Types by what they hold (§2.11.1). Strings of eight bits are in the code page of the message. */
const string8 = 0x1e
const unicode = 0x1f
const binary = 0x102
const object = 0xd
const variable = new Set([string8, unicode, binary, object])

/** Octets of the types of fixed length; short ones are padded to four. */
const fixed: Readonly<Record<number, number>> = {
  0x02: 4,
  0x03: 4,
  0x04: 4,
  0x05: 8,
  0x06: 8,
  0x07: 8,
  0x0a: 4,
  0x0b: 4,
  0x14: 8,
  0x40: 8,
  0x48: 16,
}
const multiple = 0x1000

export interface MapiProperty {
  /** Below 8000h: those with names of their own are passed over. */
  readonly id: number
  readonly type: 'string8' | 'unicode' | 'octets' | 'object'
  readonly value: Uint8Array
}

/** Properties in order, up to the first that makes no sense. */
export function* mapiProperties(bytes: Uint8Array): Generator<MapiProperty> {
  const reader = new ByteReader(bytes)
  const count = reader.u32() ?? 0
  for (let index = 0; index < count; index++) {
    const type = reader.u16()
    const id = reader.u16()
    if (type === undefined || id === undefined || (id >= 0x8000 && !skipName(reader))) return
    const base = type & ~multiple
    const hasCount = variable.has(base) || type !== base
    const values = hasCount ? reader.u32() : 1
    if (values === undefined) return
    for (let value = 0; value < values; value++) {
      const octets = readValue(reader, base)
      if (octets === undefined) return
      if (variable.has(base) && id < 0x8000) yield { id, type: kindOf(base), value: octets }
    }
  }
}

function readValue(reader: ByteReader, type: number): Uint8Array | undefined {
  if (!variable.has(type)) return type in fixed ? reader.octets(fixed[type]!) : undefined
  const length = reader.u32()
  return length === undefined ? undefined : reader.padded(length)
}

function kindOf(type: number): MapiProperty['type'] {
  if (type === string8) return 'string8'
  if (type === unicode) return 'unicode'
  return type === object ? 'object' : 'octets'
}

/** A property with a name of its own: a GUID, then a number or a string (§2.1.3.4). */
function skipName(reader: ByteReader): boolean {
  const kind = reader.octets(16) && reader.u32()
  if (kind === undefined) return false
  const length = reader.u32()
  if (length === undefined) return false
  return kind === 0 || reader.padded(length) !== undefined
}
