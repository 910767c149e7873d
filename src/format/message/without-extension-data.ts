/**
 * BODY from a stored BODYSTRUCTURE: the same value without extension data, so that only one of them is stored.
 *
 * Standards: RFC 9051 §7.5.2: extension data is what follows the subtype of a multipart, the octets or lines of a part.
 */

/** Takes what `renderBodyStructure(root, true)` gave; throws a TypeError for anything else, which would be a bug. */
export function withoutExtensionData(bodyStructure: string): string {
  return new BodyReader(bodyStructure).body()
}

/** Elements of a basic part: type, subtype, parameters, id, description, encoding, octets. */
const BASIC = 7

class BodyReader {
  readonly #text: string
  #pos = 0

  constructor(text: string) {
    this.#text = text
  }

  body(): string {
    this.#expect('(')
    const kept: string[] = []
    if (this.#text[this.#pos] === '(') {
      let children = ''
      while (this.#text[this.#pos] === '(') children += this.body()
      this.#expect(' ')
      kept.push(children, this.#value())
    } else {
      for (let i = 0; i < BASIC; i++) {
        kept.push(this.#value())
        if (i < BASIC - 1) this.#expect(' ')
      }
      const media = `${kept[0]}/${kept[1]}`
      if (media.startsWith('"TEXT"/')) kept.push(this.#next())
      else if (media === '"MESSAGE"/"RFC822"' || media === '"MESSAGE"/"GLOBAL"') {
        const envelope = this.#next()
        this.#expect(' ')
        kept.push(envelope, this.body(), this.#next())
      }
    }
    while (this.#text[this.#pos] === ' ') this.#next()
    this.#expect(')')
    return `(${kept.join(' ')})`
  }

  #next(): string {
    this.#expect(' ')
    return this.#value()
  }

  /** A string, literal, number, NIL, or a parenthesised list of any. */
  #value(): string {
    const start = this.#pos
    let depth = 0
    do {
      const char = this.#text[this.#pos]
      if (char === undefined) throw new TypeError('not a body structure')
      if (char === '(') depth++
      else if (char === ')') depth--
      if (char === '"') this.#skipQuoted()
      else if (char === '{') this.#skipLiteral()
      else if (char === '(' || char === ')' || char === ' ') this.#pos++
      else while (/[^ ()"{]/.test(this.#text[this.#pos] ?? ' ')) this.#pos++
    } while (depth > 0)
    return this.#text.slice(start, this.#pos)
  }

  #skipQuoted(): void {
    for (this.#pos++; this.#text[this.#pos] !== '"'; this.#pos++) {
      if (this.#text[this.#pos] === undefined) throw new TypeError('not a body structure')
      if (this.#text[this.#pos] === '\\') this.#pos++
    }
    this.#pos++
  }

  #skipLiteral(): void {
    const close = this.#text.indexOf('}', this.#pos)
    this.#pos = close + 3 + Number(this.#text.slice(this.#pos + 1, close))
  }

  #expect(char: string): void {
    if (this.#text[this.#pos++] !== char) throw new TypeError('not a body structure')
  }
}
