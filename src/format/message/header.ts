/**
 * The header of a message or part: fields in order, raw, with their place in the octets.
 *
 * Standards: RFC 5322 §2.2, §4.5 (obsolete forms), RFC 6532.
 * Limits: octets and fields kept, see `ParseLimits`; what exceeds them is skipped, the body still starts where it does.
 * Security: fed by anyone; one pass, never throws. LF ends a line with or without CR; a lone CR is content.
 */
import { latin1 } from '../bytes/bytes.ts'
import { defaultLimits } from './limits.ts'
import type { ParseLimits } from './limits.ts'
import { unfold } from './unfold.ts'

export interface HeaderField {
  /** As written. */
  name: string
  /** Everything after the colon without the final line end: folded, latin1-of-bytes. */
  value: string
  /** Octet offsets in the raw message, from the first of the name to behind the line end. */
  start: number
  end: number
}

export class Header {
  readonly fields: readonly HeaderField[]
  /** Lower-case name → indices of its fields. Built on first use. */
  #index: Map<string, number[]> | undefined

  constructor(fields: readonly HeaderField[]) {
    this.fields = fields
  }

  /** The first field of that name, unfolded but not decoded (latin1-of-bytes); undefined when there is none. */
  first(name: string): string | undefined {
    const at = this.#find(name)
    return at && unfold(this.fields[at[0]!]!.value)
  }

  /** The last field of that name: the one that counts in JMAP (RFC 8621 §4.1.3). */
  last(name: string): string | undefined {
    const at = this.#find(name)
    return at && unfold(this.fields[at.at(-1)!]!.value)
  }

  /** All fields of that name from top to bottom, unfolded. */
  all(name: string): string[] {
    return (this.#find(name) ?? []).map((at) => unfold(this.fields[at]!.value))
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined
  }

  #find(name: string): number[] | undefined {
    if (!this.#index) {
      this.#index = new Map()
      for (const [at, field] of this.fields.entries()) {
        const key = field.name.toLowerCase()
        const known = this.#index.get(key)
        if (known) known.push(at)
        else this.#index.set(key, [at])
      }
    }
    return this.#index.get(name.toLowerCase())
  }
}

export interface ParsedHeader {
  header: Header
  /** Behind the empty line that ends the header, or the end of the octets when there is none. */
  bodyStart: number
}

/** Where a header ends and where its fields begin; what stands between is not looked at yet. */
interface HeaderExtent {
  /** Start of each line that is no continuation. */
  lines: number[]
  /** Behind the last field line. */
  end: number
  /** Behind the empty line; equals `end` when there is none. */
  bodyStart: number
}

/** Says whether the line from `start` up to the LF (or the end) at `lf` ends the enclosing part: a boundary delimiter. */
export type StopLine = (start: number, lf: number) => boolean

const LF = 10
const CR = 13
const SP = 32
const TAB = 9
const DASH = 45

function scanHeader(raw: Uint8Array, start: number, stop: StopLine | undefined): HeaderExtent {
  const lines: number[] = []
  let pos = start
  while (pos < raw.length) {
    const first = raw[pos]!
    if (first === LF) return { lines, end: pos, bodyStart: pos + 1 }
    if (first === CR && raw[pos + 1] === LF) return { lines, end: pos, bodyStart: pos + 2 }
    let lf = raw.indexOf(LF, pos)
    if (lf < 0) lf = raw.length
    if (stop && first === DASH && stop(pos, lf)) break
    if (first !== SP && first !== TAB) lines.push(pos)
    pos = Math.min(lf + 1, raw.length)
  }
  return { lines, end: pos, bodyStart: pos }
}

/** A field name (RFC 5322 §2.2), and the white space that old software puts before the colon (§4.5). */
const FIELD_NAME = /^([!-9;-~]+)[ \t]*$/

/**
 * Reads the header that begins at `start`. Lines that are no field (an mbox `From ` line, garbage) are passed over.
 * `stop` ends the header early at a boundary delimiter of an enclosing multipart.
 */
export function parseHeader(
  raw: Uint8Array,
  start = 0,
  limits: Pick<ParseLimits, 'headerBytes' | 'headerFields'> = defaultLimits,
  stop?: StopLine,
): ParsedHeader {
  const { lines, end, bodyStart } = scanHeader(raw, start, stop)
  const fits = end - start <= limits.headerBytes
  const text = fits ? latin1(raw, start, end) : ''
  const fields: HeaderField[] = []
  let room = limits.headerBytes
  for (let i = 0; i < lines.length && fields.length < limits.headerFields; i++) {
    const fieldStart = lines[i]!
    const fieldEnd = i + 1 < lines.length ? lines[i + 1]! : end
    // A To of thousands must not hide the Content-Type behind it.
    if (fieldEnd - fieldStart > room) continue
    const field = fits ? text.slice(fieldStart - start, fieldEnd - start) : latin1(raw, fieldStart, fieldEnd)
    const colon = field.indexOf(':')
    const name = colon < 0 ? undefined : FIELD_NAME.exec(field.slice(0, colon))?.[1]
    if (name === undefined) continue
    room -= field.length
    let valueEnd = fieldEnd
    if (raw[valueEnd - 1] === LF) valueEnd -= raw[valueEnd - 2] === CR ? 2 : 1
    fields.push({ name, value: field.slice(colon + 1, valueEnd - fieldStart), start: fieldStart, end: fieldEnd })
  }
  return { header: new Header(fields), bodyStart }
}
