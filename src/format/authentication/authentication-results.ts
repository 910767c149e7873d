/**
 * What a receiver found out about who sent a message: the shape of it, and how it is written.
 *
 * Standards: RFC 8601 §2.2 (grammar), §2.7 (methods and results), §4.1 (where the field goes), RFC 8617 §4.1.1 (the same
 * for ARC).
 * Security: values come from strangers: what could end a value, a field or a line is quoted or left out.
 */

export interface AuthenticationProperty {
  /** `smtp`, `header`, `policy`, `body` */
  type: string
  /** `mailfrom`, `d`, `from` … */
  name: string
  value: string
}

export interface AuthenticationResult {
  /** `spf`, `dkim`, `dmarc`, `arc`, `iprev`, `auth` */
  method: string
  result: string
  reason?: string
  properties: readonly AuthenticationProperty[]
}

export interface AuthenticationResults {
  authservId: string
  results: AuthenticationResult[]
}

/** Octets of one value; an address has 320 at most. */
const VALUE_LIMIT = 320
const LINE_LIMIT = 78

/** A token of MIME; a domain or an address needs no quotes either (RFC 8601 §2.2). */
const BARE = /^[A-Za-z0-9!#$%&'*+.^_`{|}~\u0080-\uffff-]*(?:@[A-Za-z0-9.\u0080-\uffff-]+)?$/

/** The field's value without its name: authserv-id and results, folded. Without results it says `none`. */
export function formatAuthenticationResults(authservId: string, results: readonly AuthenticationResult[]): string {
  const listed = results.length === 0 ? ['none'] : results.map(formatResult)
  return [formatValue(authservId), ...listed].join(';\r\n\t')
}

/** A whole Authentication-Results field with its CRLF, for the top of the message. */
export function authenticationResultsField(authservId: string, results: readonly AuthenticationResult[]): string {
  return `Authentication-Results: ${formatAuthenticationResults(authservId, results)}\r\n`
}

function formatResult({ method, result, reason, properties }: AuthenticationResult): string {
  const words = [`${method}=${result}`]
  if (reason !== undefined) words.push(`reason=${quoted(reason)}`)
  for (const { type, name, value } of properties) words.push(`${type}.${name}=${formatValue(value)}`)
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > LINE_LIMIT - 8) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line].join('\r\n\t ')
}

function formatValue(value: string): string {
  return value !== '' && BARE.test(value) && value.length <= VALUE_LIMIT ? value : quoted(value)
}

function quoted(value: string): string {
  const clean = value.replace(/[\0-\x1f\x7f]/g, ' ').slice(0, VALUE_LIMIT)
  return `"${clean.replace(/["\\]/g, '\\$&')}"`
}
