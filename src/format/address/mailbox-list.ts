/**
 * The address lists of header fields, in the raw: what IMAP's ENVELOPE shows and what `parseAddressList` decodes.
 *
 * Standards: RFC 5322 §3.4, §4.4 (obsolete routes, dots in phrases, empty members).
 * Limits: the number of mailboxes, given by the caller.
 * Security: fed by anyone; one pass, never throws. What fits no grammar is kept as a name without an address.
 */

/** A mailbox with its strings latin1-of-bytes and not decoded. `domain` is undefined when there is no `@`. */
export interface RawMailbox {
  /** Display name, quotes and escapes undone; '' when there is none. */
  name: string
  /** Obsolete source route, without the colon; '' as a rule. */
  route: string
  /** Quotes and escapes undone. */
  localPart: string
  domain: string | undefined
}

export interface RawGroup {
  name: string
  members: RawMailbox[]
}

/** A piece of a phrase or of an address outside angle brackets. */
interface Word {
  text: string
  quoted: boolean
}

/** Reads an unfolded value. */
export function parseMailboxList(value: string, limit: number): (RawMailbox | RawGroup)[] {
  return new ListParser(value, limit).list()
}

const ENCODED_WORD = /=\?[^?\s]{1,75}\?[bq]\?[^?\s]*\?=/iy

class ListParser {
  readonly #text: string
  readonly #limit: number
  #pos = 0
  #count = 0
  /** Where the next `>` is; -1: there is none any more. Kept so that brackets without partner cost one search in all. */
  #close = 0
  /** The last comment of the current member: a name in the old style, `a@b (Ann)`. */
  #comment = ''

  constructor(text: string, limit: number) {
    this.#text = text
    this.#limit = limit
  }

  list(): (RawMailbox | RawGroup)[] {
    const list: (RawMailbox | RawGroup)[] = []
    let group: RawGroup | undefined
    let behindAngle = false
    while (this.#pos < this.#text.length && this.#count < this.#limit) {
      const words = this.#words()
      const stop = this.#text[this.#pos++]
      if (stop === ':' && !group) {
        group = { name: phrase(words), members: [] }
        this.#count++
        list.push(group)
        continue
      }
      let mailbox: RawMailbox | undefined
      if (stop === '<') mailbox = this.#angle(words)
      // What stands between `>` and the comma is a remark, unless it is an address whose comma was forgotten.
      else if (words.length > 0 && !(behindAngle && !hasAtSign(words))) mailbox = bareMailbox(words, this.#comment)
      behindAngle = stop === '<'
      if (mailbox) {
        this.#count++
        if (group) group.members.push(mailbox)
        else list.push(mailbox)
      }
      if (stop === ';') group = undefined
    }
    return list
  }

  /** Words up to one of `,;:<` or the end; inside an angle address `>` stops too, elsewhere it is passed over. */
  #words(inAngle = false): Word[] {
    const words: Word[] = []
    this.#comment = ''
    for (; this.#pos < this.#text.length;) {
      const char = this.#text[this.#pos]!
      if (char === ',' || char === ';' || char === ':' || char === '<' || (inAngle && char === '>')) break
      if (char === ' ' || char === '\t' || char === '>' || char === '\r' || char === '\n' || char === ')') this.#pos++
      else if (char === '(') this.#comment = this.#readComment() || this.#comment
      else if (char === '"') words.push({ text: this.#quoted(), quoted: true })
      else words.push({ text: this.#atom(), quoted: false })
    }
    return words
  }

  /** From the opening quote to behind the closing one; escapes undone. */
  #quoted(): string {
    let content = ''
    let plain = ++this.#pos
    for (; this.#pos < this.#text.length && this.#text[this.#pos] !== '"'; this.#pos++) {
      if (this.#text[this.#pos] !== '\\' || this.#pos + 1 >= this.#text.length) continue
      content += this.#text.slice(plain, this.#pos)
      plain = ++this.#pos
    }
    content += this.#text.slice(plain, this.#pos)
    this.#pos++
    return content
  }

  /** From the opening parenthesis to behind its partner; comments nest. */
  #readComment(): string {
    const start = ++this.#pos
    let depth = 1
    for (; this.#pos < this.#text.length; this.#pos++) {
      const char = this.#text[this.#pos]
      if (char === '\\') this.#pos++
      else if (char === '(') depth++
      else if (char === ')' && --depth === 0) break
    }
    const content = this.#text.slice(start, this.#pos)
    this.#pos++
    return content.replace(/\\(.)/g, '$1').trim()
  }

  /**
   * A run without white space or specials; a domain literal in brackets is part of it, and so is an encoded word, in
   * which some senders leave specials bare (against RFC 2047 §5).
   */
  #atom(): string {
    const start = this.#pos
    ENCODED_WORD.lastIndex = start
    if (this.#text.startsWith('=?', start) && ENCODED_WORD.test(this.#text)) this.#pos = ENCODED_WORD.lastIndex
    for (; this.#pos < this.#text.length; this.#pos++) {
      const char = this.#text[this.#pos]!
      if (char === '[') {
        const literal = /^\[[^\s[\]<>,;"]{0,64}\]/.exec(this.#text.slice(this.#pos, this.#pos + 66))
        if (literal) this.#pos += literal[0].length - 1
      } else if (' \t\r\n,;:<>()"'.includes(char)) break
    }
    return this.#text.slice(start, this.#pos)
  }

  /** Behind `<`: the address up to `>`, with an obsolete route before a colon. */
  #angle(name: readonly Word[]): RawMailbox {
    let route = ''
    let words = this.#words(true)
    const inside = this.#insideAngle()
    const isRoute = (): boolean => words[0]?.text[0] === '@' && !words[0].quoted
    while (inside() && isRoute() && (this.#text[this.#pos] === ',' || this.#text[this.#pos] === ':')) {
      const end = this.#text[this.#pos++] === ':'
      route += (route && ',') + words.map((word) => word.text).join('')
      words = this.#words(true)
      if (end) break
    }
    const { localPart, domain } = bareMailbox(words, '')
    return { name: phrase(name) || this.#comment, route, localPart, domain }
  }

  /** Whether the closing bracket of the angle address that has just begun is still to come. */
  #insideAngle(): () => boolean {
    if (this.#close >= 0 && this.#close < this.#pos) this.#close = this.#text.indexOf('>', this.#pos)
    const close = this.#close
    return () => close < 0 || this.#pos < close
  }
}

function hasAtSign(words: readonly Word[]): boolean {
  return words.some((word) => !word.quoted && word.text.includes('@'))
}

function phrase(words: readonly Word[]): string {
  return words.map((word) => word.text).join(' ')
}

/** `local@domain` from words, joined over the white space that RFC 5322 §4.4 lets stand around dots and the at sign. */
function bareMailbox(words: readonly Word[], comment: string): RawMailbox {
  const at = words.findLastIndex((word) => !word.quoted && word.text.includes('@'))
  if (at < 0) {
    if (words.length === 1) return { name: comment, route: '', localPart: words[0]!.text, domain: undefined }
    return { name: phrase(words), route: '', localPart: '', domain: undefined }
  }
  const text = words[at]!.text
  const sign = text.lastIndexOf('@')
  let localPart = text.slice(0, sign)
  let first = at
  while (
    first > 0 &&
    (localPart === '' || localPart[0] === '.' || (words[first - 1]!.text.endsWith('.') && !words[first - 1]!.quoted))
  ) {
    localPart = words[--first]!.text + localPart
  }
  let domain = text.slice(sign + 1)
  for (let next = at + 1; next < words.length; next++) {
    const word = words[next]!.text
    if (domain !== '' && !domain.endsWith('.') && word[0] !== '.') break
    domain += word
  }
  return { name: phrase(words.slice(0, first)) || comment, route: '', localPart, domain }
}
