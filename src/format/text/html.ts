/**
 * The text that a person would read in an HTML body: for previews, search and plain replies. It is no renderer and
 * what it gives is text, never markup.
 *
 * Standards: HTML §13.2.5 (tokenization, in outline), §15.3 (which elements stand alone).
 * Limits: the caller's wish for at most so many characters.
 * Security: fed by anyone; one pass, linear, no tree and no recursion.
 */
import { decodeEntities } from './html-entity.ts'

/** Elements whose content is not text. */
const SKIPPED = new Set(['script', 'style', 'title', 'template', 'noframes', 'iframe', 'object', 'svg', 'math'])

/** Elements set apart by an empty line, and those that merely begin a new one. */
const PARAGRAPHS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'dl', 'blockquote', 'pre', 'table'])
const LINES = new Set([
  'address',
  'article',
  'aside',
  'br',
  'center',
  'dd',
  'div',
  'dt',
  'fieldset',
  'figcaption',
  'figure',
  'footer',
  'form',
  'header',
  'hr',
  'li',
  'main',
  'nav',
  'section',
  'tr',
])

/** A tag is looked through for its quoted `>` this far; a longer one ends at its first `>`. */
const TAG_LIMIT = 16 * 1024

const TAG = /<(\/?)([a-z][a-z0-9]*)/iy
const ATTRIBUTES = /(?:[^>"']|"[^"]*"|'[^']*')*>/y

/** `limit`: stop once so many characters are there. */
export function htmlToText(html: string, limit = Infinity): string {
  return new HtmlReader(html, limit).read()
}

class HtmlReader {
  readonly #html: string
  readonly #limit: number
  #pos = 0
  #text = ''
  /** Line ends owed before the next text. */
  #breaks = 0
  /** A space owed before the next text. */
  #space = false
  #preformatted = 0
  /** Kept, since reading the end of a text that grows would copy it each time. */
  #endsInSpace = false

  constructor(html: string, limit: number) {
    this.#html = html
    this.#limit = limit
  }

  read(): string {
    while (this.#pos < this.#html.length && this.#text.length < this.#limit) {
      const open = this.#html.indexOf('<', this.#pos)
      const end = open < 0 ? this.#html.length : open
      if (end > this.#pos) this.#append(this.#html.slice(this.#pos, end))
      this.#pos = end
      if (open >= 0) this.#markup()
    }
    return this.#text
  }

  /** At `<`. */
  #markup(): void {
    if (this.#html.startsWith('<!--', this.#pos)) return this.#skipBehind('-->')
    const next = this.#html[this.#pos + 1]
    if (next === '!' || next === '?') return this.#skipBehind('>')
    TAG.lastIndex = this.#pos
    const tag = TAG.exec(this.#html)
    if (!tag) {
      this.#append('<')
      this.#pos++
      return
    }
    this.#pos = TAG.lastIndex
    this.#skipAttributes()
    this.#element(tag[2]!.toLowerCase(), tag[1] === '/')
  }

  #skipBehind(mark: string): void {
    const at = this.#html.indexOf(mark, this.#pos)
    this.#pos = at < 0 ? this.#html.length : at + mark.length
  }

  #skipAttributes(): void {
    const plain = this.#html.indexOf('>', this.#pos)
    if (plain < 0) {
      this.#pos = this.#html.length // an unfinished tag is no text (HTML §13.2.5)
      return
    }
    const attributes = this.#html.slice(this.#pos, plain + 1)
    if (!/["']/.test(attributes)) {
      this.#pos = plain + 1
      return
    }
    ATTRIBUTES.lastIndex = 0
    const quoted = ATTRIBUTES.exec(this.#html.slice(this.#pos, this.#pos + TAG_LIMIT))
    this.#pos = quoted ? this.#pos + quoted[0].length : plain + 1
  }

  #element(name: string, closing: boolean): void {
    if (SKIPPED.has(name)) {
      if (!closing) this.#skipContent(name)
      return
    }
    if (name === 'pre') this.#preformatted = Math.max(0, this.#preformatted + (closing ? -1 : 1))
    if (PARAGRAPHS.has(name)) this.#breaks = Math.max(this.#breaks, 2)
    else if (name === 'br') this.#breaks = this.#text === '' ? 0 : this.#breaks + 1
    else if (LINES.has(name)) this.#breaks = Math.max(this.#breaks, 1)
    else if (name === 'td' || name === 'th') this.#space = true
    if (name === 'li' && !closing) this.#append('- ')
  }

  #skipContent(name: string): void {
    const close = new RegExp(`</${name}`, 'gi')
    close.lastIndex = this.#pos
    // Without its end tag it goes to the end of the document.
    this.#pos = close.test(this.#html) ? close.lastIndex : this.#html.length
    if (this.#pos < this.#html.length) this.#skipAttributes()
  }

  #append(source: string): void {
    const text = decodeEntities(source)
    if (this.#preformatted > 0) return this.#put(text)
    const squeezed = text.replace(/[ \t\r\n\f]+/g, ' ')
    if (squeezed === ' ') {
      this.#space = true
      return
    }
    // Only ASCII white space collapses: `trim` would take a no-break space too.
    const start = squeezed.startsWith(' ') ? 1 : 0
    const end = squeezed.endsWith(' ') ? squeezed.length - 1 : squeezed.length
    if (start > 0) this.#space = true
    this.#put(squeezed.slice(start, end))
    if (end < squeezed.length) this.#space = true
  }

  #put(text: string): void {
    if (text === '') return
    if (this.#text !== '') {
      if (this.#breaks > 0) this.#text += '\n'.repeat(Math.min(this.#breaks, 2))
      else if (this.#space && !this.#endsInSpace) this.#text += ' '
    }
    this.#breaks = 0
    this.#space = false
    this.#text += text
    this.#endsInSpace = /\s$/.test(text.slice(-1))
  }
}
