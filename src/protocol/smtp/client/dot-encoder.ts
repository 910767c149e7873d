/**
 * A message made ready for DATA: dots stuffed, line ends put right, the end added. Runs without edits are not copied.
 *
 * Standards: RFC 5321 §4.5.2, §2.3.8. Security: no bare CR or LF leaves this house (SMTP smuggling): each becomes CRLF.
 */
import { LineScan } from '../line-scan.ts'

const cr = 13
const lf = 10
const dot = 46
const endOfData = new Uint8Array([dot, cr, lf])
const lineEnd = new Uint8Array([cr, lf])

/** Runs from this length on are given out as views. */
const largeRun = 4096
/** Views are cut, so that the host may look at its clock in between. */
const blockSize = 256 * 1024

/** The octets to write, in order; the last three are the end of data. Views of `content` where nothing changed. */
export function* encodeDots(content: Uint8Array): Generator<Uint8Array, void> {
  let pending = new Pending()
  let from = 0
  for (const { at, octet } of insertions(content)) {
    if (at - from >= largeRun) {
      if (!pending.empty) yield pending.octets
      yield* blocks(content.subarray(from, at))
      pending = new Pending()
    } else pending.append(content.subarray(from, at))
    pending.appendOctet(octet)
    from = at
    if (pending.full) {
      yield pending.octets
      pending = new Pending()
    }
  }
  if (!pending.empty) yield pending.octets
  yield* blocks(content.subarray(from))
  const last = content[content.length - 1]
  if (content.length > 0 && last !== lf && last !== cr) yield lineEnd
  yield endOfData
}

interface Insertion {
  /** In front of this octet of the content. */
  at: number
  octet: number
}

/** What has to be added: a dot before a line's own, CR before a bare LF, LF behind a bare CR. */
function* insertions(content: Uint8Array): Generator<Insertion, void> {
  const scan = new LineScan(content)
  const length = content.length
  let lineStart = 0
  while (lineStart < length) {
    if (content[lineStart] === dot) yield { at: lineStart, octet: dot }
    const end = scan.next(lineStart)
    if (end === length) return
    if (content[end] === lf) {
      yield { at: end, octet: cr }
      lineStart = end + 1
    } else if (content[end + 1] === lf) lineStart = end + 2
    else {
      lineStart = end + 1
      yield { at: lineStart, octet: lf }
    }
  }
}

function* blocks(run: Uint8Array): Generator<Uint8Array, void> {
  for (let start = 0; start < run.length; start += blockSize) yield run.subarray(start, start + blockSize)
}

/** Short runs and the octets between them, gathered. */
class Pending {
  /** Most messages of some size need none. */
  #buffer: Uint8Array | undefined
  #length = 0

  get empty(): boolean {
    return this.#length === 0
  }

  /** The next run and octet might not fit. */
  get full(): boolean {
    return this.#length > 3 * largeRun - 2
  }

  get octets(): Uint8Array {
    return this.#space.subarray(0, this.#length)
  }

  get #space(): Uint8Array {
    return (this.#buffer ??= new Uint8Array(4 * largeRun))
  }

  append(run: Uint8Array): void {
    this.#space.set(run, this.#length)
    this.#length += run.length
  }

  appendOctet(octet: number): void {
    this.#space[this.#length++] = octet
  }
}
