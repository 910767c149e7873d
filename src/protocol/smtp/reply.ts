/**
 * A server's answer: three digits, perhaps an enhanced status code, text.
 *
 * Standards: RFC 5321 §4.2, RFC 2034 (ENHANCEDSTATUSCODES), RFC 3463.
 */
import { encodeUtf8 } from '../../format/index.ts'

export interface Reply {
  /** 200–599. */
  code: number
  /** `class.subject.detail`, such as `5.1.1` (RFC 3463 §2). */
  enhanced?: string
  /** One line, or several. Control characters are replaced before they reach the wire. */
  text: string | readonly string[]
}

/** A peer's or the house's refusal, thrown: the error is its wire form. */
export class SmtpError extends Error {
  readonly reply: Reply
  constructor(reply: Reply, options?: { cause?: unknown }) {
    super(replyText(reply), options)
    this.name = 'SmtpError'
    this.reply = reply
  }
}

/** Reply lines are kept below the 512 octets that every client must read (RFC 5321 §4.5.3.1.5). */
const lineLimit = 480

/**
 * The wire form, with CRLF. The enhanced code is repeated on every line (RFC 2034 §4).
 * Text can never break out of its line: controls become spaces, and long lines are cut. It is ASCII (RFC 5321 §4.2):
 * other characters become `?`, since a client need not have asked for SMTPUTF8.
 */
export function formatReply(reply: Reply): Uint8Array {
  const texts = typeof reply.text === 'string' ? [reply.text] : reply.text
  const lines = texts.length === 0 ? [''] : texts
  const enhanced = reply.enhanced === undefined ? '' : `${reply.enhanced} `
  let wire = ''
  for (let i = 0; i < lines.length; i++) {
    const separator = i === lines.length - 1 ? ' ' : '-'
    wire += `${reply.code}${separator}${enhanced}${printable(lines[i] as string)}\r\n`
  }
  return encodeUtf8(wire)
}

/** The text of a reply in one line, as logs and reports want it, with code and enhanced code. */
export function replyText(reply: Reply): string {
  const text = typeof reply.text === 'string' ? reply.text : reply.text.join(' ')
  return `${reply.code}${reply.enhanced === undefined ? '' : ` ${reply.enhanced}`} ${text}`.trimEnd()
}

function printable(text: string): string {
  // controls are what must go
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').replace(/[^\x20-\x7e]/gu, '?')
  return clean.length <= lineLimit ? clean : clean.slice(0, lineLimit)
}
