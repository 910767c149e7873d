/**
 * Reads Authentication-Results fields, and takes out those that claim to be ours.
 *
 * Standards: RFC 8601 §2.2 (grammar), §5 (removing forged fields), RFC 5322 §3.2.2 (CFWS).
 * Limits: 100 results, 100 properties of each.
 * Security: fed by anyone; one pass, never throws. What cannot be read is nobody's word.
 */
import { concat } from '../bytes/bytes.ts'
import { parseHeader } from '../message/header.ts'
import type { AuthenticationProperty, AuthenticationResult, AuthenticationResults } from './authentication-results.ts'

const RESULT_LIMIT = 100
const PROPERTY_LIMIT = 100

/** Reads a field's value (folded or not); undefined when it breaks the grammar or has another version. */
export function parseAuthenticationResults(value: string): AuthenticationResults | undefined {
  const reader = new Reader(value)
  const authservId = reader.value()
  if (authservId === undefined) return undefined
  const version = reader.token()
  if (version !== undefined && version !== '1') return undefined
  const results: AuthenticationResult[] = []
  while (reader.take(';')) {
    const method = reader.token()
    // One semicolon too many at the end is common.
    if (method === undefined) break
    if (!reader.take('='))
      return method.toLowerCase() === 'none' && reader.atEnd() ? { authservId, results } : undefined
    const result = reader.token()
    if (result === undefined || results.length === RESULT_LIMIT) return undefined
    const rest = readRest(reader)
    if (rest === undefined) return undefined
    // The method's version: there is only one.
    results.push({ method: method.toLowerCase().replace(/\/\d+$/, ''), result: result.toLowerCase(), ...rest })
  }
  return reader.atEnd() ? { authservId, results } : undefined
}

type Rest = Pick<AuthenticationResult, 'reason' | 'properties'>

function readRest(reader: Reader): Rest | undefined {
  let reason: string | undefined
  const properties: AuthenticationProperty[] = []
  for (let word = reader.token(); word !== undefined; word = reader.token()) {
    if (!reader.take('=')) return undefined
    const value = reader.value()
    if (value === undefined || properties.length === PROPERTY_LIMIT) return undefined
    const dot = word.indexOf('.')
    if (dot > 0) {
      properties.push({ type: word.slice(0, dot).toLowerCase(), name: word.slice(dot + 1).toLowerCase(), value })
    } else if (word.toLowerCase() === 'reason') reason = value
    else return undefined
  }
  return { ...(reason !== undefined && { reason }), properties }
}

/**
 * The message without the Authentication-Results fields that carry one of `authservIds` (lower case), or that cannot be
 * read: only the border writes those (RFC 8601 §5). The very same octets when there is none.
 */
export function removeAuthenticationResults(raw: Uint8Array, authservIds: readonly string[]): Uint8Array {
  // Whatever a mail app might read must be found: no limits.
  const { header } = parseHeader(raw, 0, { headerBytes: Infinity, headerFields: Infinity })
  const kept: Uint8Array[] = []
  let from = 0
  for (const { name, value, start, end } of header.fields) {
    if (name.toLowerCase() !== 'authentication-results') continue
    const authservId = new Reader(value).value()?.toLowerCase()
    if (authservId !== undefined && !authservIds.includes(authservId)) continue
    kept.push(raw.subarray(from, start))
    from = end
  }
  return from === 0 ? raw : concat([...kept, raw.subarray(from)])
}

/** White space and comments are passed over before each element. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    return this.#skip() === this.#text.length
  }

  take(char: string): boolean {
    if (this.#text[this.#skip()] !== char) return false
    this.#at++
    return true
  }

  /** A keyword, with the dots and slashes of `smtp.mailfrom` and `dkim/1`. */
  token(): string | undefined {
    return this.#run(/[^\s()<>@,;:\\"[\]?=]+/y)
  }

  /** A token, a quoted string, or an address; base64 (header.b) has `/` and `=`. */
  value(): string | undefined {
    if (this.#text[this.#skip()] === '"') return this.#quotedString()
    return this.#run(/[^\s();\\"]+/y)
  }

  #run(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#skip()
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #quotedString(): string | undefined {
    let content = ''
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text[at]!
      if (char === '"') {
        this.#at = at + 1
        // A local part in quotes goes on behind them.
        const domain = this.#text[this.#at] === '@' ? this.#run(/[^\s();\\"]+/y) : undefined
        return domain === undefined ? content : `"${content}"${domain}`
      }
      content += char === '\\' ? (this.#text[++at] ?? '') : char
    }
    return undefined
  }

  #skip(): number {
    let depth = 0
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at]!
      if (char === '(') depth++
      else if (depth > 0 && char === ')') depth--
      else if (depth > 0 && char === '\\') this.#at++
      else if (depth === 0 && char !== ' ' && char !== '\t' && char !== '\r' && char !== '\n') break
    }
    return this.#at
  }
}
