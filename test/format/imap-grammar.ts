/**
 * A reader of RFC 9051's `envelope` and `body` grammar, strict and apart from the code under test: it demands every
 * element in its place and nothing else.
 */
export type Value = string | number | null | Value[]

export class GrammarReader {
  readonly #text: string
  #pos = 0

  constructor(text: string) {
    this.#text = text
  }

  end(): void {
    if (this.#pos !== this.#text.length) this.#fail('the end')
  }

  #fail(wanted: string): never {
    throw new Error(
      `expected ${wanted} at ${this.#pos}: ${JSON.stringify(this.#text.slice(this.#pos, this.#pos + 40))}`,
    )
  }

  #eat(token: string): boolean {
    if (!this.#text.startsWith(token, this.#pos)) return false
    this.#pos += token.length
    return true
  }

  #expect(token: string): void {
    if (!this.#eat(token)) this.#fail(token)
  }

  /** `string`: quoted of 7-bit TEXT-CHAR, or a literal of CHAR8. */
  string(): string {
    const rest = this.#text.slice(this.#pos)
    // the grammar says so
    const quoted = /^"((?:[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]|\\["\\])*)"/.exec(rest)
    if (quoted) {
      this.#pos += quoted[0].length
      return quoted[1]!.replace(/\\(.)/g, '$1')
    }
    const literal = /^\{(\d+)\}\r\n/.exec(rest)
    if (!literal) this.#fail('a string')
    const content = rest.slice(literal[0].length, literal[0].length + Number(literal[1]))
    if (content.length !== Number(literal[1]) || content.includes('\0')) this.#fail('a whole literal')
    this.#pos += literal[0].length + content.length
    return content
  }

  nstring(): string | null {
    return this.#eat('NIL') ? null : this.string()
  }

  number(): number {
    const digits = /^\d+/.exec(this.#text.slice(this.#pos))
    if (!digits) this.#fail('a number')
    this.#pos += digits[0].length
    return Number(digits[0])
  }

  envelope(): Value[] {
    this.#expect('(')
    const values: Value[] = [this.nstring()]
    this.#expect(' ')
    values.push(this.nstring())
    for (let i = 0; i < 6; i++) {
      this.#expect(' ')
      values.push(this.#addresses())
    }
    for (let i = 0; i < 2; i++) {
      this.#expect(' ')
      values.push(this.nstring())
    }
    this.#expect(')')
    return values
  }

  #addresses(): Value {
    if (this.#eat('NIL')) return null
    this.#expect('(')
    const list: Value[] = []
    do {
      this.#expect('(')
      const address: Value[] = []
      for (let i = 0; i < 4; i++) {
        if (i > 0) this.#expect(' ')
        address.push(this.nstring())
      }
      this.#expect(')')
      list.push(address)
    } while (!this.#eat(')'))
    return list
  }

  body(extensible: boolean): Value[] {
    this.#expect('(')
    const values = this.#text[this.#pos] === '(' ? this.#multipart(extensible) : this.#single(extensible)
    this.#expect(')')
    return values
  }

  #multipart(extensible: boolean): Value[] {
    const children: Value[] = []
    while (this.#text[this.#pos] === '(') children.push(this.body(extensible))
    this.#expect(' ')
    const values: Value[] = [children, this.string()]
    if (extensible) values.push(this.#space(this.#parameters()), ...this.#trailer())
    return values
  }

  #single(extensible: boolean): Value[] {
    const type = this.string()
    this.#expect(' ')
    const values: Value[] = [
      type,
      this.string(),
      this.#space(() => this.#parameterList()),
      this.#space(() => this.nstring()),
    ]
    values.push(
      this.#space(() => this.nstring()),
      this.#space(() => this.string()),
      this.#space(() => this.number()),
    )
    if (type === 'TEXT') values.push(this.#space(() => this.number()))
    if (type === 'MESSAGE' && (values[1] === 'RFC822' || values[1] === 'GLOBAL')) {
      values.push(
        this.#space(() => this.envelope()),
        this.#space(() => this.body(extensible)),
        this.#space(() => this.number()),
      )
    }
    if (extensible)
      values.push(
        this.#space(() => this.nstring()),
        ...this.#trailer(),
      )
    return values
  }

  #space<T>(read: () => T): T {
    this.#expect(' ')
    return read()
  }

  #parameters(): () => Value {
    return () => this.#parameterList()
  }

  #parameterList(): Value {
    if (this.#eat('NIL')) return null
    this.#expect('(')
    const list: Value[] = []
    do {
      list.push(this.string())
      this.#expect(' ')
      list.push(this.string())
    } while (this.#eat(' '))
    this.#expect(')')
    return list
  }

  #trailer(): Value[] {
    this.#expect(' ')
    let disposition: Value = null
    if (!this.#eat('NIL')) {
      this.#expect('(')
      disposition = [this.string(), this.#space(() => this.#parameterList())]
      this.#expect(')')
    }
    this.#expect(' ')
    let language: Value
    if (this.#eat('(')) {
      const tags: Value[] = [this.string()]
      while (this.#eat(' ')) tags.push(this.string())
      this.#expect(')')
      language = tags
    } else language = this.nstring()
    return [disposition, language, this.#space(() => this.nstring())]
  }
}
