/**
 * Puts a server's replies together, line by line.
 *
 * Standards: RFC 5321 §4.2 (grammar), §4.2.1 (several lines), RFC 2034 §4 (enhanced codes).
 * Limits: `SmtpClientLimits`. Security: any server on the internet feeds this; text comes out without control characters.
 */
import { decodeUtf8 } from '../../../format/index.ts'
import { Input } from '../input.ts'
import type { Reply } from '../reply.ts'
import type { SmtpClientLimits } from './event.ts'

/** Why what came is no reply. Nothing can be read after it. */
export type Malformed = { malformed: string }

export class ReplyReader {
  readonly #limits: SmtpClientLimits
  readonly #input = new Input()
  #flooded = false
  #code = ''
  #lines: string[] = []
  #length = 0

  constructor(limits: SmtpClientLimits) {
    this.#limits = limits
  }

  /** Nothing waits: no further reply, nor the beginning of one. */
  get empty(): boolean {
    return this.#input.empty && this.#lines.length === 0
  }

  receive(chunk: Uint8Array): void {
    if (this.#input.length + chunk.length > this.#limits.pending) this.#flooded = true
    if (!this.#flooded) this.#input.push(chunk)
  }

  clear(): void {
    this.#input.clear()
    this.#flooded = false
    this.#code = ''
    this.#lines = []
    this.#length = 0
  }

  /** The next whole reply; undefined when more bytes are needed. */
  next(): Reply | Malformed | undefined {
    for (let line = this.#input.line(this.#limits.replyLine); line; line = this.#input.line(this.#limits.replyLine)) {
      if (line.kind === 'too long') return { malformed: 'a reply line is too long' }
      // QUIRK: some old servers end reply lines with LF alone; nothing can be smuggled by that in this direction.
      const match = /^([2-5][0-9]{2})(?:([ -])(.*))?$/s.exec(decodeUtf8(line.bytes))
      if (match === null) return { malformed: 'not an SMTP reply' }
      const code = match[1] as string
      if (this.#lines.length > 0 && code !== this.#code) return { malformed: 'a reply with different codes' }
      this.#code = code
      this.#lines.push(match[3] ?? '')
      this.#length += line.bytes.length
      if (this.#lines.length > this.#limits.replyLines || this.#length > this.#limits.reply)
        return { malformed: 'a reply is too long' }
      if (match[2] !== '-') return this.#finish()
    }
    return this.#flooded ? { malformed: 'the server sends without end' } : undefined
  }

  #finish(): Reply {
    const reply = parseReply(Number(this.#code), this.#lines)
    this.#code = ''
    this.#lines = []
    this.#length = 0
    return reply
  }
}

/** The reply with its enhanced code taken out of the text, when it has one of the same class (RFC 2034 §4). */
function parseReply(code: number, lines: readonly string[]): Reply {
  const prefix = /^([245])\.[0-9]{1,3}\.[0-9]{1,3}(?= |$)/.exec(lines[0] as string)
  const enhanced = prefix !== null && Number(prefix[1]) === Math.trunc(code / 100) ? prefix[0] : undefined
  const texts = lines.map((line) => {
    const rest = enhanced !== undefined && line.startsWith(enhanced) ? line.slice(enhanced.length).trimStart() : line
    // not for logs and reports
    return rest.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trimEnd()
  })
  const text = texts.length === 1 ? (texts[0] as string) : texts
  return enhanced === undefined ? { code, text } : { code, enhanced, text }
}
