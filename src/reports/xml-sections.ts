/**
 * Reads an XML document in pieces: what stands below its root, one element after the other, each as a small tree.
 *
 * Standards: XML 1.0 (well-formed documents; names without their prefix).
 * Limits: depth, elements and text of each section; only one section is in memory at a time.
 * Security: fed by anyone. A document type is refused, so there are no entities but the five that XML has, and nothing grows.
 */
import { SaxesParser } from 'saxes'

export interface XmlElement {
  /** Without a prefix. */
  name: string
  /** What stands in it itself, without what stands in its children. */
  text: string
  children: XmlElement[]
}

const deepest = 20
const mostElements = 2_000
const longestText = 1_000
/** What is fed at once: after that it may be enough. */
const piece = 65_536

class Refused extends Error {}

/**
 * The sections of `text` whose root is `root`, as far as they are wanted: `take` says whether there is to be more. False when
 * it is no such document, or not well-formed as far as it was read.
 */
export function readSections(text: string, root: string, take: (section: XmlElement) => boolean): boolean {
  const reader = new SectionReader(root, take)
  const parser = new SaxesParser()
  parser.on('doctype', () => {
    throw new Refused('a document type')
  })
  parser.on('opentag', ({ name }) => reader.open(name))
  parser.on('closetag', () => reader.close())
  parser.on('text', (content) => reader.text(content))
  parser.on('cdata', (content) => reader.text(content))
  try {
    for (let at = 0; at < text.length && !reader.isEnough; at += piece) parser.write(text.slice(at, at + piece))
    if (!reader.isEnough) parser.close()
  } catch (error) {
    // What is not well-formed is nobody's document; all else is a fault of ours.
    if (error instanceof Refused || isMalformed(error)) return false
    throw error
  }
  return true
}

/** Its errors have no class of their own, but begin with the place: `3:17: …`. */
function isMalformed(error: unknown): boolean {
  return error instanceof Error && /^(?:\S+:)?\d+:\d+: /.test(error.message)
}

class SectionReader {
  readonly #root: string
  readonly #take: (section: XmlElement) => boolean
  /** From the section down to where we are. */
  readonly #path: XmlElement[] = []
  #depth = 0
  #elements = 0
  #isEnough = false

  constructor(root: string, take: (section: XmlElement) => boolean) {
    this.#root = root
    this.#take = take
  }

  get isEnough(): boolean {
    return this.#isEnough
  }

  open(fullName: string): void {
    const name = fullName.slice(fullName.indexOf(':') + 1)
    if (this.#depth === 0 && name !== this.#root) throw new Refused('another document')
    if (++this.#depth > deepest) throw new Refused('too deep')
    if (this.#depth === 1 || this.#isEnough) return
    const element: XmlElement = { name, text: '', children: [] }
    if (this.#depth === 2) this.#elements = 0
    else this.#path.at(-1)?.children.push(element)
    if (++this.#elements > mostElements) throw new Refused('too many elements')
    this.#path.push(element)
  }

  text(content: string): void {
    const element = this.#path.at(-1)
    if (element !== undefined) element.text += content.slice(0, longestText - element.text.length)
  }

  close(): void {
    const element = this.#path.pop()
    if (--this.#depth === 1 && element !== undefined && !this.#isEnough) this.#isEnough = !this.#take(element)
  }
}
