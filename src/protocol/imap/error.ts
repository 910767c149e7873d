/**
 * A refusal that is its own wire form: the tagged NO or BAD, or the BYE, that answers a command.
 *
 * Standards: RFC 9051 §7.1, RFC 5530 (response codes).
 */

export type ImapErrorType = 'NO' | 'BAD' | 'BYE'

/** Thrown by grammars and commands; the session turns it into `tag NO [code] text`. */
export class ImapError extends Error {
  readonly type: ImapErrorType
  /** The response code with its arguments and without brackets: `TRYCREATE`, `BADCHARSET (UTF-8)`. */
  readonly code: string | undefined

  constructor(type: ImapErrorType, text: string, code?: string, options?: { cause?: unknown }) {
    super(text, options)
    this.name = 'ImapError'
    this.type = type
    this.code = code
  }

  /** The response line after the tag, CRLF included. */
  render(): string {
    return `${this.type} ${this.code === undefined ? '' : `[${this.code}] `}${this.message}\r\n`
  }
}

/** `BAD`: the client broke the grammar. */
export function bad(text: string, code?: string): ImapError {
  return new ImapError('BAD', text, code)
}

/** `NO`: well-formed, but not possible. */
export function no(text: string, code?: string): ImapError {
  return new ImapError('NO', text, code)
}
