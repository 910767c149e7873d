/**
 * Cuts what a server sends into responses, in whatever pieces it comes.
 */
import { Ungrammatical } from './cursor.ts'
import { parseResponse, type Response } from './response.ts'

export class ResponseStream {
  /** The client has enabled IMAP4rev2 or UTF8=ACCEPT. */
  utf8 = false
  #text = ''
  #scanned = 0

  /** Takes latin1 of the octets. */
  receive(text: string): void {
    this.#text += text
  }

  /** Nothing is half received. */
  get empty(): boolean {
    return this.#text === ''
  }

  /** The next whole response; undefined: need more. Throws `Ungrammatical`. */
  next(): Response | undefined {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#scanned)
      if (end === -1) return undefined
      if (this.#text[end - 1] !== '\r') throw new Ungrammatical('a bare LF', this.#text, end)
      const literal = /\{(\d+)\}\r\n$/.exec(this.#text.slice(Math.max(this.#scanned, end - 20), end + 1))
      const after = end + 1 + Number(literal?.[1] ?? 0)
      if (literal !== null) {
        if (this.#text.length < after) return undefined
        this.#scanned = after
        continue
      }
      const response = this.#text.slice(0, end - 1)
      this.#text = this.#text.slice(after)
      this.#scanned = 0
      return parseResponse(response, this.utf8)
    }
  }

  /** All whole responses there are. */
  *all(): Generator<Response> {
    for (let response = this.next(); response !== undefined; response = this.next()) yield response
  }
}
