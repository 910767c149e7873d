/**
 * Reads a command's arguments. A method named after a grammar element tries: undefined and nothing consumed when the
 * element is not there. `expect…` demands it: `BAD` when it is not.
 *
 * Standards: RFC 9051 §9 (formal syntax), RFC 3501 §9.
 * Security: fed by the network; reads one complete command whose size the reader has bounded.
 */
import { latin1 } from '../../format/index.ts'
import { bad } from './error.ts'
import { readMailboxName, utf8OfLatin1 } from './mailbox-name.ts'
import type { RawCommand } from './reader.ts'
import { SequenceSet } from './sequence-set.ts'

export interface DecoderOptions {
  /** Mailbox names are UTF-8, not modified UTF-7 (IMAP4rev2 or UTF8=ACCEPT enabled). */
  utf8: boolean
  /** Ranges in one sequence set. */
  sequenceSet: number
}

export interface Spelling {
  readonly name: string
  readonly given: string
}

const atomChar = characterClass((c) => c > 0x20 && c < 0x7f && !'(){%*"\\]'.includes(String.fromCharCode(c)))
const astringChar = characterClass((c) => atomChar[c] === 1 || c === 0x5d)
const listChar = characterClass((c) => astringChar[c] === 1 || c === 0x25 || c === 0x2a)
const digit = characterClass((c) => c >= 0x30 && c <= 0x39)
const tagChar = characterClass((c) => astringChar[c] === 1 && c !== 0x2b)

export class Decoder {
  readonly options: DecoderOptions
  /** Mailbox names that are spelt otherwise than they are kept. */
  readonly spellings: Spelling[] = []
  readonly #text: readonly string[]
  readonly #literals: readonly Uint8Array[]
  #segment = 0
  #line: string
  #position = 0

  constructor(command: Pick<RawCommand, 'text' | 'literals'>, options: DecoderOptions) {
    this.#text = command.text
    this.#literals = command.literals
    this.#line = command.text[0] ?? ''
    this.options = options
  }

  // --- structure -----------------------------------------------------------------------------------------------

  get atEnd(): boolean {
    return this.#position >= this.#line.length && this.#segment === this.#text.length - 1
  }

  /** Nothing may follow. Trailing spaces are forgiven: several clients send one. */
  expectEnd(): void {
    while (this.special(' '));
    if (!this.atEnd) throw bad('Unexpected extra arguments')
  }

  /** Passes over all that is left. */
  skipRest(): void {
    this.#segment = this.#text.length - 1
    this.#line = this.#text[this.#segment] ?? ''
    this.#position = this.#line.length
  }

  /** One given character. */
  special(char: string): boolean {
    if (this.#line[this.#position] !== char) return false
    this.#position++
    return true
  }

  expectSpecial(char: string): void {
    if (!this.special(char)) throw bad(`Expected ${char === ' ' ? 'a space' : `"${char}"`}`)
  }

  sp(): boolean {
    return this.special(' ')
  }

  expectSp(): void {
    this.expectSpecial(' ')
  }

  /** The next character, not consumed; undefined at the end of the line. */
  peek(): string | undefined {
    return this.#line[this.#position]
  }

  /** A given word in any case, which must not go on with another atom character. */
  word(word: string): boolean {
    const end = this.#position + word.length
    if (this.#line.slice(this.#position, end).toUpperCase() !== word) return false
    if (end < this.#line.length && atomChar[this.#line.charCodeAt(end)] === 1) return false
    this.#position = end
    return true
  }

  /** Given characters in any case, whatever follows. */
  prefix(text: string): boolean {
    const end = this.#position + text.length
    if (this.#line.slice(this.#position, end).toUpperCase() !== text) return false
    this.#position = end
    return true
  }

  /** Only spaces are left. */
  get blankTail(): boolean {
    return this.#segment === this.#text.length - 1 && this.#line.slice(this.#position).trim() === ''
  }

  /** `"(" [item *(SP item)] ")"`; undefined when no parenthesis opens. */
  list<T>(item: () => T): T[] | undefined {
    if (!this.special('(')) return undefined
    const items: T[] = []
    if (this.special(')')) return items
    do items.push(item())
    while (this.sp())
    this.expectSpecial(')')
    return items
  }

  expectList<T>(item: () => T): T[] {
    const items = this.list(item)
    if (items === undefined) throw bad('Expected a parenthesised list')
    return items
  }

  /** One item, or a list of at least one. */
  expectItemOrList<T>(item: () => T): T[] {
    const items = this.list(item) ?? [item()]
    if (items.length === 0) throw bad('The list must not be empty')
    return items
  }

  // --- atoms and strings ---------------------------------------------------------------------------------------

  atom(): string | undefined {
    return this.#run(atomChar)
  }

  expectAtom(what = 'an atom'): string {
    return this.atom() ?? expected(what)
  }

  tagString(): string | undefined {
    return this.#run(tagChar)
  }

  /** `quoted`: latin1 of the bytes; 8-bit content is let through for UTF-8 (RFC 9051 §4.3). */
  quoted(): string | undefined {
    if (this.peek() !== '"') return undefined
    let text = ''
    let from = this.#position + 1
    for (let at = from; at < this.#line.length; at++) {
      const char = this.#line.charCodeAt(at)
      if (char === 0x22) {
        this.#position = at + 1
        return text + this.#line.slice(from, at)
      }
      if (char === 0x5c) {
        const next = this.#line[at + 1]
        if (next !== '"' && next !== '\\') throw bad('Only " and \\ may follow a backslash in a quoted string')
        text += this.#line.slice(from, at) + next
        from = at + 2
        at++
      } else if (char === 0x0d) throw bad('CR is not allowed in a quoted string')
    }
    throw bad('Unterminated quoted string')
  }

  /** The bytes of a literal or literal8. */
  literal(): Uint8Array | undefined {
    const next = this.peek()
    if (next !== '{' && next !== '~') return undefined
    const announced = /^~?\{\d+\+?\}$/.test(this.#line.slice(this.#position))
    const bytes = this.#literals[this.#segment]
    if (!announced || bytes === undefined) return undefined
    this.#segment++
    this.#line = this.#text[this.#segment] ?? ''
    this.#position = 0
    return bytes
  }

  /** `string`: quoted or literal, as latin1 of the bytes. */
  string(): string | undefined {
    const quoted = this.quoted()
    if (quoted !== undefined) return quoted
    const bytes = this.literal()
    if (bytes === undefined) return undefined
    if (bytes.includes(0)) throw bad('NUL is not allowed in a literal')
    return latin1(bytes)
  }

  expectString(): string {
    return this.string() ?? expected('a string')
  }

  astring(): string | undefined {
    return this.string() ?? this.#run(astringChar)
  }

  expectAstring(what = 'a string'): string {
    return this.astring() ?? expected(what)
  }

  /** `nstring`: null for NIL. */
  expectNstring(): string | null {
    const string = this.string()
    if (string !== undefined) return string
    if (this.word('NIL')) return null
    return expected('a string or NIL')
  }

  /** A string's characters: UTF-8 as RFC 9051 §4.3 has it. Bytes that are not UTF-8 are refused. */
  expectText(): string {
    return decodeText(this.expectAstring())
  }

  /** `mailbox`, decoded to Unicode. `INBOX` in any case is `INBOX`. */
  expectMailbox(): string {
    const given = readMailboxName(this.expectAstring('a mailbox name'), this.options.utf8)
    const name = given.normalize('NFC')
    if (name !== given) this.spellings.push({ name, given })
    return name
  }

  /** `list-mailbox`: the pattern of LIST as it was sent, wildcards included. */
  expectListMailbox(): string {
    return this.string() ?? this.#run(listChar) ?? expected('a mailbox pattern')
  }

  /** `initial-resp` (RFC 4959 §7): base64, or `=` for an empty one. Not decoded. */
  expectInitialResponse(): string {
    const match = /^(?:=|[A-Za-z0-9+/]+={0,2})/.exec(this.#line.slice(this.#position))
    if (match === null) throw bad('Expected a base64 initial response')
    this.#position += match[0].length
    return match[0]
  }

  // --- numbers and sets ----------------------------------------------------------------------------------------

  /** `number`: below 2^32 unless another `limit` is given (number64: 2^63 by grammar, 2^53 here, where modseqs end). */
  number(limit = 0xffff_ffff): number | undefined {
    const digits = this.#run(digit)
    if (digits === undefined) return undefined
    const value = Number(digits)
    if (digits.length > 19 || value > limit) throw bad('Number out of range')
    return value
  }

  expectNumber(limit?: number): number {
    return this.number(limit) ?? expected('a number')
  }

  expectNzNumber(): number {
    const value = this.expectNumber()
    if (value === 0) throw bad('Zero is not allowed here')
    return value
  }

  /** `mod-sequence-value`/`valzer` (RFC 7162 §7): anything up to 2^63; values above 2^53 compare as 2^53. */
  expectModSeq(): number {
    const digits = this.#run(digit)
    if (digits === undefined) return expected('a mod-sequence')
    if (digits.length > 19) throw bad('Mod-sequence out of range')
    return Math.min(Number(digits), Number.MAX_SAFE_INTEGER)
  }

  sequenceSet(): SequenceSet | undefined {
    const match = /^[\d:,*$]+/.exec(this.#line.slice(this.#position))
    if (match === null) return undefined
    const set = SequenceSet.parse(match[0], this.options.sequenceSet)
    this.#position += match[0].length
    return set
  }

  expectSequenceSet(): SequenceSet {
    return this.sequenceSet() ?? expected('a sequence set')
  }

  /** `flag`: a system flag or keyword as written. */
  expectFlag(): string {
    if (!this.special('\\')) return this.expectAtom('a flag')
    if (this.special('*')) throw bad('\\* is not a flag that can be set')
    return `\\${this.expectAtom('a flag')}`
  }

  #run(characters: Uint8Array): string | undefined {
    const start = this.#position
    let end = start
    while (end < this.#line.length && characters[this.#line.charCodeAt(end)] === 1) end++
    if (end === start) return undefined
    this.#position = end
    return this.#line.slice(start, end)
  }
}

/** latin1-of-bytes to characters, demanding UTF-8. */
export function decodeText(bytes: string): string {
  const text = utf8OfLatin1(bytes)
  if (text === undefined) throw bad('Text is not valid UTF-8')
  return text
}

function expected(what: string): never {
  throw bad(`Expected ${what}`)
}

function characterClass(test: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (test(code) ? 1 : 0))
}
