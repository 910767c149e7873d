/**
 * Writes one header field, folding between words.
 *
 * Standards: RFC 5322 §2.1.1 (78 preferred, 998 at most), §2.2.3.
 */
import { utf8Length } from '../bytes/bytes.ts'
import { ComposeError } from './composed-message.ts'

const PREFERRED_LINE = 78
const LONGEST_LINE = 998

const FIELD_NAME = /^[!-9;-~]{1,76}$/

export class FieldWriter {
  #text: string
  #column: number
  #hasWord = false

  constructor(name: string) {
    if (!FIELD_NAME.test(name)) throw new ComposeError(`"${name}" cannot be the name of a header field`)
    this.#text = `${name}:`
    this.#column = this.#text.length
  }

  /** Adds a word behind a space, on a new line when it does not fit. An empty word is a further space. */
  word(word: string): this {
    const length = utf8Length(word)
    if (length > LONGEST_LINE - 1) throw new ComposeError('a word of a header field is longer than a line may be')
    if (word !== '' && this.#hasWord && this.#column + 1 + length > PREFERRED_LINE) {
      this.#text += '\r\n'
      this.#column = 0
    }
    this.#text += ` ${word}`
    this.#column += 1 + length
    this.#hasWord ||= word !== ''
    if (this.#column > LONGEST_LINE) throw new ComposeError('a header field cannot be folded into lines')
    return this
  }

  words(words: Iterable<string>): this {
    for (const word of words) this.word(word)
    return this
  }

  /** The field with its CRLF. */
  toString(): string {
    return `${this.#text}\r\n`
  }
}

/** `name:value` as given, if it is well-formed: folded lines only, none too long (RFC 8621 §4.1.2.1). */
export function rawField(name: string, value: string): string {
  if (!FIELD_NAME.test(name)) throw new ComposeError(`"${name}" cannot be the name of a header field`)
  const lines = `${name}:${value}`.split('\r\n')
  for (const [index, line] of lines.entries()) {
    if (/[\r\n\0]/.test(line)) throw new ComposeError(`the value of ${name} has a bare line end or NUL`)
    if (index > 0 && !/^[ \t]+[^ \t]/.test(line)) throw new ComposeError(`the value of ${name} is not folded correctly`)
    if (utf8Length(line) > LONGEST_LINE)
      throw new ComposeError(`the value of ${name} has a line over ${LONGEST_LINE} octets`)
  }
  return `${lines.join('\r\n')}\r\n`
}
