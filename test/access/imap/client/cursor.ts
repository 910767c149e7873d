/**
 * Reads one response, strictly by the formal syntax: every method demands what it is named after.
 *
 * Standards: RFC 9051 §4, §9.
 */

/** Something the grammar does not allow, with where it stands. */
export class Ungrammatical extends Error {
  constructor(what: string, text: string, at: number) {
    super(`${what}, at ${at} of ${JSON.stringify(text.slice(0, 2000))}: ${JSON.stringify(text.slice(at, at + 40))}`)
    this.name = 'Ungrammatical'
  }
}

const literal = /(~?)\{(\d+)\}\r\n/y
const quoted = /"((?:[^"\\\r\n\0\x80-\xff]|\\["\\])*)"/y
const quotedUtf8 = /"((?:[^"\\\r\n\0]|\\["\\])*)"/y
const atom = /[^(){ %*"\\\]\x00-\x1f\x7f-\xff]+/y
const astring = /[^(){ %*"\\\x00-\x1f\x7f-\xff]+/y
const flag = /\\?[^(){ %*"\\\]\x00-\x1f\x7f-\xff]+/y
const number = /\d+/y
const nzNumber = /[1-9]\d*/y
const word = /[A-Za-z][A-Za-z0-9.=+:/-]*/y
const set = /(?:[1-9]\d*(?::[1-9]\d*)?)(?:,[1-9]\d*(?::[1-9]\d*)?)*/y

const largest = 0xffff_ffff

/** Closed ranges as they were written. */
export type Ranges = readonly (readonly [number, number])[]

export class Cursor {
  readonly text: string
  /** Quoted strings may hold UTF-8: the client has enabled IMAP4rev2 or UTF8=ACCEPT. */
  readonly utf8: boolean
  at = 0

  constructor(text: string, utf8: boolean) {
    this.text = text
    this.utf8 = utf8
  }

  fail(what: string): never {
    throw new Ungrammatical(what, this.text, this.at)
  }

  get atEnd(): boolean {
    return this.at === this.text.length
  }

  end(): void {
    if (!this.atEnd) this.fail('more than the response may hold')
  }

  /** Is this next? */
  sees(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  /** Takes this if it is next. */
  take(text: string): boolean {
    if (!this.sees(text)) return false
    this.at += text.length
    return true
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail(`expected ${JSON.stringify(text)}`)
  }

  sp(): void {
    this.expect(' ')
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found === null) return undefined
    this.at = pattern.lastIndex
    return found
  }

  #demand(pattern: RegExp, what: string): string {
    return this.#match(pattern)?.[0] ?? this.fail(`expected ${what}`)
  }

  /** A keyword of the protocol, in upper case. */
  word(): string {
    return this.#demand(word, 'a word').toUpperCase()
  }

  atom(): string {
    return this.#demand(atom, 'an atom')
  }

  flag(): string {
    return this.#demand(flag, 'a flag')
  }

  /** 32 bits. */
  number(): number {
    const value = Number(this.#demand(number, 'a number'))
    return value <= largest ? value : this.fail('a number of more than 32 bits')
  }

  nzNumber(): number {
    const value = Number(this.#demand(nzNumber, 'a number above zero'))
    return value <= largest ? value : this.fail('a number of more than 32 bits')
  }

  /** 63 bits; within what JavaScript holds exactly. */
  number64(): number {
    return Number(this.#demand(number, 'a number'))
  }

  /** A closed set of numbers, as ranges. */
  set(): [number, number][] {
    return this.#demand(set, 'a set')
      .split(',')
      .map((range): [number, number] => {
        const [first = 0, last = first] = range.split(':').map(Number)
        return [first, last]
      })
  }

  /** A string's octets. */
  string(): string {
    return this.tryString() ?? this.fail('expected a string')
  }

  nstring(): string | undefined {
    return this.take('NIL') ? undefined : this.string()
  }

  astring(): string {
    return this.tryString() ?? this.#demand(astring, 'an astring')
  }

  /** `eight`: may it be a literal8, which alone may hold NUL? */
  tryString(eight = false): string | undefined {
    const inQuotes = this.#match(this.utf8 ? quotedUtf8 : quoted)
    if (inQuotes !== undefined) return (inQuotes[1] as string).replace(/\\(.)/g, '$1')
    const announced = this.#match(literal)
    if (announced === undefined) return undefined
    if (announced[1] === '~' && !eight) this.fail('a literal8 where none may be')
    const octets = this.text.slice(this.at, this.at + Number(announced[2]))
    this.at += octets.length
    if (announced[1] === '' && octets.includes('\0')) this.fail('NUL in a literal')
    return octets
  }

  /** `(` items separated by a space `)`; `empty`: may there be none? */
  list<T>(item: () => T, empty = true): T[] {
    this.expect('(')
    const items: T[] = []
    if (empty && this.take(')')) return items
    do items.push(item())
    while (this.take(' '))
    this.expect(')')
    return items
  }

  /** `"(" objectid ")"` (RFC 8474 §7). */
  objectId(): void {
    this.expect('(')
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(this.atom())) this.fail('expected an objectid')
    this.expect(')')
  }

  /** What stands up to the end: `text`, or UTF-8 of it. Not empty. */
  rest(): string {
    const rest = this.text.slice(this.at)
    this.at = this.text.length
    if (rest === '' || /[\0\r\n]/.test(rest)) this.fail('expected a text')
    return rest
  }
}
