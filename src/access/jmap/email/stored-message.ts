/**
 * A message of the store as a source of properties.
 */
import { allParts, decodeParts, parseHeader, type Header, type StoredPart } from '../../../format/index.ts'
import { formatBlobId, type Email, type Mail } from '../../../mailbox/index.ts'
import type { Json } from '../../../protocol/jmap/index.ts'
import { IndexedProperties } from './indexed.ts'
import type { MessageSource } from './message-source.ts'

/** Octets up to which a message is read as a whole; above, a text part may be little of it. */
const wholeBelow = 64 * 1024

/**
 * The result of work that reads one email's octets and writes nothing; undefined when the email is destroyed while they
 * are fetched.
 */
export function readStored<T>(store: Mail, email: Email, work: () => T): Promise<T | undefined> {
  const { state } = store
  return store.reading(() => (store.state === state || store.email(email.id) !== undefined ? work() : undefined))
}

/** Everything beyond the row is read when a property asks for it, and once. */
export class StoredMessage implements MessageSource {
  readonly email: Email
  readonly #store: Mail
  #root: StoredPart | undefined
  #numbers: ReadonlyMap<StoredPart, number> | undefined
  #header: Header | undefined
  #indexed: IndexedProperties | undefined
  #whole: Uint8Array | undefined

  constructor(store: Mail, email: Email) {
    this.#store = store
    this.email = email
  }

  get preview(): string {
    return this.email.preview
  }

  get hasAttachment(): boolean {
    return this.email.hasAttachment
  }

  get root(): StoredPart {
    return (this.#root ??= decodeParts(this.email.parts))
  }

  get header(): Header {
    return (this.#header ??= parseHeader(this.octets(0, this.email.headerSize)).header)
  }

  /** Once the header is open, it answers everything. */
  indexed(property: string): Json | undefined {
    if (this.#header !== undefined) return undefined
    this.#indexed ??= new IndexedProperties(this.email)
    return this.#indexed.read(property)
  }

  /** A small message is read once and whole: header and parts cost one query together. */
  octets(start: number, end: number): Uint8Array {
    const { id, size } = this.email
    const isSmall = size <= wholeBelow
    if (isSmall) this.#whole ??= this.#store.raw(id)
    const octets = isSmall ? this.#whole?.subarray(start, end) : this.#store.slice(id, start, end)
    if (octets === undefined) throw new Error(`email ${id} has no octets`)
    return octets
  }

  partBlobId(part: StoredPart): string {
    return formatBlobId({ kind: 'part', email: this.email.id, part: this.#numberOf(part) })
  }

  partId(part: StoredPart): string {
    return String(this.#numberOf(part))
  }

  #numberOf(part: StoredPart): number {
    this.#numbers ??= new Map(allParts(this.root).map((node, index) => [node, index]))
    return this.#numbers.get(part) as number
  }
}
