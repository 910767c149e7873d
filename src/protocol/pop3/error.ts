/**
 * A refusal that is its own wire form: the `-ERR` line that answers a command.
 *
 * Standards: RFC 1939 §3, RFC 2449 §8 (response codes), RFC 3206 (SYS, AUTH), RFC 6856 §5 (UTF8).
 */

export type Pop3ResponseCode = 'AUTH' | 'IN-USE' | 'SYS/PERM' | 'SYS/TEMP' | 'UTF8'

/** RFC 1939 §3: a response line has at most 512 octets with its CRLF. */
const lineLimit = 512

/** Thrown by the grammar and by commands. */
export class Pop3Error extends Error {
  readonly code: Pop3ResponseCode | undefined

  constructor(text: string, code?: Pop3ResponseCode, options?: { cause?: unknown }) {
    super(text, options)
    this.name = 'Pop3Error'
    this.code = code
  }

  /** The response line, CRLF included. What is not ASCII in the text is not shown: it may come from elsewhere. */
  render(): string {
    const code = this.code === undefined ? '' : `[${this.code}] `
    return `${`-ERR ${code}${this.message.replace(/[^ -~]/g, '?')}`.slice(0, lineLimit - 2)}\r\n`
  }
}
