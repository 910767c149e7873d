/**
 * Undoes DATA's transparency and finds the end of the message, at memory speed.
 *
 * Standards: RFC 5321 §4.5.2 (transparency), §4.1.1.4 (the end is CRLF.CRLF and nothing else), §2.3.8 (bare CR or LF).
 * Security: this is where SMTP smuggling is refused. A bare LF or CR is content, never a line end, and it is noted,
 * so that the engine refuses the message after reading it up to its real end.
 */
import { LineScan } from '../line-scan.ts'

export interface Decoded {
  /** Message octets; may share memory with the input. Empty when there are none. */
  content: Uint8Array
  /** Octets of the input that were used; all of them unless `done`. */
  used: number
  /** The final CRLF.CRLF has been read. */
  done: boolean
}

type State = 'line start' | 'in line' | 'after CR' | 'after dot' | 'after dot CR'

const cr = 13
const lf = 10
const dot = 46
const loneCr = new Uint8Array([cr])

export class DotDecoder {
  /** A CR or LF stood alone somewhere: RFC 5321 §2.3.8 forbids that. */
  bareLineOctet = false
  #state: State = 'line start'

  /** Decodes one block. Do not call again after `done`. */
  decode(bytes: Uint8Array): Decoded {
    const scan = new LineScan(bytes)
    const output = new Output(bytes)
    const length = bytes.length
    let i = 0
    while (i < length) {
      const octet = bytes[i]
      switch (this.#state) {
        case 'in line':
          i = scan.next(i)
          if (i === length) break
          if (bytes[i] === cr) this.#state = 'after CR'
          else this.bareLineOctet = true
          i++
          break
        case 'after CR':
          if (octet === lf) {
            this.#state = 'line start'
            i++
          } else if (octet === cr) {
            this.bareLineOctet = true
            i++
          } else {
            this.bareLineOctet = true
            this.#state = 'in line'
          }
          break
        case 'line start':
          if (octet === dot) {
            output.drop(i, i + 1)
            this.#state = 'after dot'
            i++
          } else this.#state = 'in line'
          break
        case 'after dot':
          if (octet === cr) {
            output.drop(i, i + 1)
            this.#state = 'after dot CR'
            i++
          } else this.#state = 'in line'
          break
        case 'after dot CR':
          if (octet === lf) return { content: output.finish(i), used: i + 1, done: true }
          output.insert(loneCr)
          this.#state = 'after CR'
      }
    }
    return { content: output.finish(length), used: length, done: false }
  }
}

/** What remains of a block when some octets are dropped: a view of it while it is all one run, a copy after that. */
class Output {
  readonly #bytes: Uint8Array
  /** Where the run that is being kept began. */
  #start = 0
  /** The only run finished so far, when it is not empty. */
  #run: Uint8Array | undefined
  #copy: Uint8Array | undefined
  #copied = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Keeps everything up to `from`, and goes on at `to`. */
  drop(from: number, to: number): void {
    this.#keep(from)
    this.#start = to
  }

  /** Octets that were dropped before, but turned out to be content. */
  insert(octets: Uint8Array): void {
    this.#append(octets)
  }

  finish(end: number): Uint8Array {
    this.#keep(end)
    return this.#copy?.subarray(0, this.#copied) ?? this.#run ?? this.#bytes.subarray(0, 0)
  }

  #keep(end: number): void {
    if (end <= this.#start) return
    if (this.#copy === undefined && this.#run === undefined) this.#run = this.#bytes.subarray(this.#start, end)
    else if (end - this.#start > 64) this.#append(this.#bytes.subarray(this.#start, end))
    else {
      const copy = this.#materialise()
      for (let i = this.#start; i < end; i++) copy[this.#copied++] = this.#bytes[i] as number
    }
    this.#start = end
  }

  #append(octets: Uint8Array): void {
    this.#materialise().set(octets, this.#copied)
    this.#copied += octets.length
  }

  #materialise(): Uint8Array {
    if (this.#copy !== undefined) return this.#copy
    // One more than the block: a CR held back from the block before may come in front.
    const copy = new Uint8Array(this.#bytes.length + 1)
    if (this.#run !== undefined) copy.set(this.#run)
    this.#copied = this.#run?.length ?? 0
    return (this.#copy = copy)
  }
}
