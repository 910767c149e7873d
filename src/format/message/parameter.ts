/**
 * Structured MIME fields: a value, then `; name=value` parameters.
 *
 * Standards: RFC 2045 §5.1, RFC 2231 (continuations, charsets), and the breaches that are common: encoded words in
 * quoted strings, unquoted spaces in file names, raw UTF-8.
 * Limits: parameters and the length of a value; a continuation counts toward the length of its parameter.
 * Security: fed by anyone; linear.
 */
import { fromLatin1 } from '../bytes/bytes.ts'
import { decodeCharset } from '../text/charset.ts'
import { decodeHeaderText, oneLine } from '../text/encoded-word.ts'
import type { ParseLimits } from './limits.ts'

/** A parameter with its continuations joined, else as written: what IMAP shows (RFC 2231 §6). */
export interface RawParameter {
  /** Lower case; ends in `*` when the value is `charset'language'percent-encoded`. */
  name: string
  /** latin1-of-bytes, unquoted. */
  value: string
}

/** One `name=value` of the field, before continuations are joined. */
interface Piece {
  name: string
  value: string
}

const TOKEN_END = new Set('()<>@,;:\\"/[]?= \t\r\n')

/** Behind white space and comments. */
function skipCfws(text: string, from: number): number {
  let pos = from
  let depth = 0
  for (; pos < text.length; pos++) {
    const char = text[pos]!
    if (char === '(') depth++
    else if (depth > 0 && char === ')') depth--
    else if (depth > 0 && char === '\\') pos++
    else if (depth === 0 && char !== ' ' && char !== '\t' && char !== '\r' && char !== '\n') break
  }
  return Math.min(pos, text.length)
}

function tokenEnd(text: string, from: number): number {
  let pos = from
  while (pos < text.length && !TOKEN_END.has(text[pos]!)) pos++
  return pos
}

/** The first token in lower case (`attachment`, `base64`, `text`); '' when there is none. */
export function leadingToken(text: string): string {
  const start = skipCfws(text, 0)
  return text.slice(start, tokenEnd(text, start)).toLowerCase()
}

/** `type/subtype` in lower case and where the parameters begin; undefined when it is malformed (RFC 2045 §5.2). */
export function mediaType(text: string): { type: string; subtype: string; end: number } | undefined {
  const start = skipCfws(text, 0)
  const typeEnd = tokenEnd(text, start)
  const slash = skipCfws(text, typeEnd)
  if (typeEnd === start || text[slash] !== '/') return undefined
  const subtypeStart = skipCfws(text, slash + 1)
  const end = tokenEnd(text, subtypeStart)
  if (end === subtypeStart) return undefined
  return { type: text.slice(start, typeEnd).toLowerCase(), subtype: text.slice(subtypeStart, end).toLowerCase(), end }
}

/** Reads the parameters of an unfolded field from `start` on. */
export function parseParameters(text: string, start: number, limits: ParseLimits): RawParameter[] {
  return joinContinuations(readPieces(text, start, limits), limits)
}

/** So many pieces may one parameter be continued over, on average. */
const PIECES_PER_PARAMETER = 8

function readPieces(text: string, start: number, limits: ParseLimits): Piece[] {
  const pieces: Piece[] = []
  let pos = text.indexOf(';', start)
  while (pos >= 0 && pos < text.length && pieces.length < limits.parameters * PIECES_PER_PARAMETER) {
    pos = skipCfws(text, pos + 1)
    const nameEnd = tokenEnd(text, pos)
    const name = text.slice(pos, nameEnd).toLowerCase()
    pos = skipCfws(text, nameEnd)
    if (name === '' || text[pos] !== '=') {
      pos = text.indexOf(';', pos)
      continue
    }
    pos = skipCfws(text, pos + 1)
    const read = text[pos] === '"' ? quotedValue(text, pos) : bareValue(text, pos, name)
    pieces.push({ name, value: read.value.slice(0, limits.parameterLength) })
    pos = text.indexOf(';', read.end)
  }
  return pieces
}

function quotedValue(text: string, open: number): { value: string; end: number } {
  let value = ''
  let pos = open + 1
  let plain = pos
  for (; pos < text.length && text[pos] !== '"'; pos++) {
    if (text[pos] !== '\\' || pos + 1 >= text.length) continue
    // Old Windows senders put paths into filename="C:\dir\file": a backslash escapes only what needs it.
    const next = text[pos + 1]!
    if (next === '"' || next === '\\') {
      value += text.slice(plain, pos)
      plain = ++pos
    }
  }
  return { value: value + text.slice(plain, pos), end: pos + 1 }
}

/** Up to the semicolon for file names, which often have spaces; up to white space for all else, where comments follow. */
function bareValue(text: string, start: number, name: string): { value: string; end: number } {
  let end = text.indexOf(';', start)
  if (end < 0) end = text.length
  const whole = text.slice(start, end).trim()
  const value = name.startsWith('name') || name.startsWith('filename') ? whole : (/^\S*/.exec(whole)?.[0] ?? '')
  return { value, end }
}

/** `name*`, `name*0`, `name*0*` (RFC 2231 §3, §4). */
const EXTENDED = /^([^*]+)\*(?:(\d{1,3})(\*)?)?$/

interface Continued {
  segments: Map<number, { value: string; encoded: boolean }>
}

function joinContinuations(pieces: readonly Piece[], limits: ParseLimits): RawParameter[] {
  const joined = new Map<string, RawParameter | Continued>()
  for (const { name, value } of pieces) {
    const match = EXTENDED.exec(name)
    const base = match?.[1]
    const key = base !== undefined && match?.[2] !== undefined ? `${base}*n` : name
    if (!joined.has(key) && joined.size >= limits.parameters) continue
    if (base === undefined || match?.[2] === undefined) {
      if (!joined.has(key)) joined.set(key, { name, value }) // the first one counts
      continue
    }
    const known = joined.get(key)
    const continued = known && 'segments' in known ? known : { segments: new Map() }
    const index = Number(match[2])
    if (!continued.segments.has(index)) continued.segments.set(index, { value, encoded: match[3] === '*' })
    joined.set(key, continued)
  }
  const result: RawParameter[] = []
  for (const [key, entry] of joined) {
    if (!('segments' in entry)) result.push(entry)
    else {
      const parameter = joinSegments(key.slice(0, -2), entry, limits.parameterLength)
      if (parameter) result.push(parameter)
    }
  }
  return result
}

/**
 * Segments in the order of their numbers, whatever order they came in; a gap ends the value. Some senders leave the
 * first segment plain and encode a later one: then there is no charset, and it is guessed.
 */
function joinSegments(base: string, { segments }: Continued, limit: number): RawParameter | undefined {
  const list: { value: string; encoded: boolean }[] = []
  for (let index = 0; ; index++) {
    const segment = segments.get(index)
    if (!segment) break
    list.push(segment)
  }
  const first = list[0]
  if (!first) return undefined
  const encoded = list.some((segment) => segment.encoded)
  let value = encoded && !first.encoded ? "''" : ''
  for (const segment of list) {
    // Within an encoded parameter a plain segment is literal: its percent signs must survive the decoding.
    value += encoded && !segment.encoded ? percentEncode(segment.value) : segment.value
    if (value.length >= limit) break
  }
  return { name: encoded ? `${base}*` : base, value: value.slice(0, limit) }
}

function percentEncode(value: string): string {
  return value.replace(
    /[^A-Za-z0-9._-]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** Decoded values by name; an encoded value (`name*`) wins over a plain one (RFC 6266 §4.3, RFC 5987). */
export function decodeParameters(parameters: readonly RawParameter[]): Record<string, string> {
  const decoded = Object.create(null) as Record<string, string>
  for (const { name, value } of parameters) {
    if (name.endsWith('*')) decoded[name.slice(0, -1)] = decodeExtended(value)
    else if (!(name in decoded)) decoded[name] = decodeHeaderText(value)
  }
  return decoded
}

function decodeExtended(value: string): string {
  const match = /^([^']*)'[^']*'(.*)$/s.exec(value)
  const octets = (match ? match[2]! : value).replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return oneLine(decodeCharset(fromLatin1(octets), match?.[1] || undefined).text)
}
