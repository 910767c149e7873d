/**
 * Cuts a client's byte stream into commands: lines, and the literals inside them.
 *
 * Standards: RFC 9051 §2.2.1, §4.3 (literals), RFC 7888 (LITERAL+, LITERAL-).
 * Limits: every length is an option. What a peer sends is copied once into a buffer that grows by doubling, so a
 *   literal costs time linear in its size in however many pieces it arrives, and announcing a large one costs nothing.
 * Security: fed by the network, before and after authentication. A bare LF ends a line like CRLF: nothing in the
 *   grammar may contain either, so the two readings cannot differ. NUL is refused.
 */
import { latin1 } from '../../format/index.ts'
import { ImapError, bad } from './error.ts'

/** A literal announced at the end of a line. */
export interface Literal {
  size: number
  /** The client waits for `+` before it sends the bytes; `{n+}` does not wait. */
  synchronising: boolean
  /** `~{n}` (RFC 3516): may contain NUL. */
  binary: boolean
}

/** One command as received: `text[i]` ends with the announcement of `literals[i]`; the last text has none behind it. */
export interface RawCommand {
  tag: string
  /** Upper case. `UID` stays in front of what it prefixes: `UID FETCH`. */
  name: string
  /** The command's lines as latin1 without line ends; the first starts behind the name. */
  text: string[]
  literals: Uint8Array[]
}

export type ReaderEvent =
  | { type: 'command'; command: RawCommand }
  /** The line asked for with `expectLine`. */
  | { type: 'line'; line: string }
  /** Answer `+` now: the client waits to send its literal. */
  | { type: 'continue' }
  /** A command that cannot be taken; `tag` is `*` when it had none. With `close` the stream is lost: say BYE. */
  | { type: 'error'; tag: string; error: ImapError; close: boolean }

export interface ReaderOptions {
  /** Bytes of one command outside its literals. */
  line: number
  /** Literals of one command. */
  literals: number
  /** Non-synchronising literals up to this size are read and thrown away when refused; above it the connection ends. */
  discard: number
  /** Bytes that may wait behind a command that is still being worked on. */
  pending: number
  /** May this literal come? The reason why not, or undefined. `command.text` is what was read of it so far. */
  admit(command: RawCommand, literal: Literal): ImapError | undefined
}

interface LiteralState {
  size: number
  filled: number
  bytes: Uint8Array | undefined
}

/** A command half received, in a form that can be stored. */
export interface ReaderSnapshot {
  line: string
  wantLine: boolean
  command?: RawCommand
  literal?: { size: number; bytes: Uint8Array }
}

const literalAtEnd = /(~?)\{(\d{1,10})(\+?)\}$/
/** `tag`: 1*<any ASTRING-CHAR except "+">. */
const tagOnly = /^([!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+)(?: |$)/
const tagAndName = /^([!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+) +([A-Za-z][A-Za-z0-9.-]*)/

export class CommandReader {
  readonly #options: ReaderOptions
  readonly #chunks: Uint8Array[] = []
  #chunkOffset = 0
  #queued = 0

  #line = ''
  #lineBytes = 0
  #overflow = false
  #command: RawCommand | undefined
  #refused: ImapError | undefined
  #literal: LiteralState | undefined
  #wantLine = false
  #broken = false

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /** Takes bytes from the peer; they are kept until `next` has used them, so the caller must not change them. */
  receive(chunk: Uint8Array): void {
    if (chunk.length === 0 || this.#broken) return
    this.#chunks.push(chunk)
    this.#queued += chunk.length
  }

  /** The next thing the bytes say, or undefined: need more. */
  next(): ReaderEvent | undefined {
    if (this.#broken) return undefined
    if (this.#queued > this.#options.pending) {
      return this.#break(new ImapError('BYE', 'Too much input while a command is in progress'))
    }
    while (this.#chunks.length > 0) {
      if (this.#literal !== undefined) {
        this.#fillLiteral()
        if (this.#literal !== undefined) return undefined
        continue
      }
      const line = this.#takeLine()
      if (line === undefined) continue
      const event = this.#wantLine ? this.#lineEvent(line) : this.#takeText(line)
      if (event !== undefined) return event
    }
    return undefined
  }

  /** The next line is not a command but an answer: `DONE` (RFC 2177), a SASL response. */
  expectLine(): void {
    this.#wantLine = true
  }

  /** True between commands with nothing received behind: nothing would be lost if the reader were made anew. */
  get empty(): boolean {
    return this.#chunks.length === 0 && this.#command === undefined && this.#lineBytes === 0
  }

  /**
   * What was received of the next command, to go on elsewhere; undefined when that is more than `limit` octets or
   * cannot be kept (a command being refused).
   */
  snapshot(limit: number): ReaderSnapshot | undefined {
    if (this.#chunks.length > 0 || this.#refused !== undefined || this.#overflow || this.#broken) return undefined
    const snapshot: ReaderSnapshot = { line: this.#line, wantLine: this.#wantLine }
    let size = this.#line.length
    if (this.#command !== undefined) {
      snapshot.command = this.#command
      size += this.#commandBytes() + this.#command.literals.reduce((sum, literal) => sum + literal.length, 0)
    }
    if (this.#literal !== undefined) {
      const { size: total, filled, bytes } = this.#literal
      snapshot.literal = { size: total, bytes: bytes?.slice(0, filled) ?? new Uint8Array(0) }
      size += filled
    }
    return size <= limit ? snapshot : undefined
  }

  /** Goes on where another reader was. */
  restore(snapshot: ReaderSnapshot): void {
    this.reset()
    this.#line = snapshot.line
    this.#lineBytes = snapshot.line.length
    this.#wantLine = snapshot.wantLine
    this.#command = snapshot.command
    const literal = snapshot.literal
    if (literal) this.#literal = { size: literal.size, filled: literal.bytes.length, bytes: literal.bytes }
  }

  /** More is queued than may wait: the session must end even though a command is still in progress. */
  get overrun(): boolean {
    return this.#queued > this.#options.pending
  }

  /** Hands out what was received and not yet used, and forgets it. */
  takeRest(): Uint8Array {
    const rest = this.peekRest()
    this.reset()
    return rest
  }

  /** A copy of what was received and not yet used. */
  peekRest(): Uint8Array {
    const rest = new Uint8Array(this.#queued)
    let offset = 0
    for (const [index, chunk] of this.#chunks.entries()) {
      const part = index === 0 ? chunk.subarray(this.#chunkOffset) : chunk
      rest.set(part, offset)
      offset += part.length
    }
    return rest
  }

  /** Forgets everything received (RFC 9051 §6.2.1: nothing from before the TLS handshake may survive it). */
  reset(): void {
    this.#chunks.length = 0
    this.#chunkOffset = 0
    this.#queued = 0
    this.#wantLine = false
    this.#literal = undefined
    this.#startLine()
    this.#finishCommand()
  }

  /** Moves bytes up to a line end into the line; gives the line when it is complete. */
  #takeLine(): string | undefined {
    const chunk = this.#chunks[0] as Uint8Array
    const end = chunk.indexOf(10, this.#chunkOffset)
    const stop = end === -1 ? chunk.length : end
    this.#lineBytes += stop - this.#chunkOffset
    if (this.#commandBytes() + this.#lineBytes > this.#options.line) this.#overflow = true
    this.#line += latin1(chunk, this.#chunkOffset, stop)
    // An overlong line is only kept as far as its tag and a literal announcement at its end need.
    if (this.#overflow && this.#line.length > 1024) this.#line = this.#line.slice(0, 256) + this.#line.slice(-64)
    this.#consume(end === -1 ? stop - this.#chunkOffset : stop - this.#chunkOffset + 1)
    if (end === -1) return undefined
    return this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line
  }

  #lineEvent(line: string): ReaderEvent {
    const overflow = this.#overflow
    this.#wantLine = false
    this.#startLine()
    if (overflow) return { type: 'error', tag: '*', error: bad('Line too long'), close: false }
    return { type: 'line', line }
  }

  /** Adds a line to the command it belongs to; an event when that ends it or needs an answer. */
  #takeText(line: string): ReaderEvent | undefined {
    if (this.#overflow) this.#refused ??= bad('Command line too long', 'TOOBIG')
    else if (line.includes('\0')) this.#refused ??= bad('NUL is not allowed in a command')
    this.#startLine()
    const command = (this.#command ??= this.#begin(line))
    if (command.text.length === 0) command.text.push(this.#refused ? line : line.slice(nameLength(command, line)))
    else command.text.push(line)

    const announced = literalAtEnd.exec(line)
    if (announced === null) {
      const refused = this.#refused
      this.#finishCommand()
      if (command.tag === '*' && line === '') return undefined
      if (refused) return { type: 'error', tag: command.tag, error: refused, close: false }
      return { type: 'command', command }
    }
    const literal: Literal = {
      size: Number(announced[2]),
      synchronising: announced[3] === '',
      binary: announced[1] === '~',
    }
    return this.#admit(command, literal)
  }

  #admit(command: RawCommand, literal: Literal): ReaderEvent | undefined {
    if (command.literals.length >= this.#options.literals) this.#refused ??= bad('Too many literals')
    this.#refused ??= this.#options.admit(command, literal)
    const refused = this.#refused
    if (refused !== undefined && literal.synchronising) {
      this.#finishCommand()
      return { type: 'error', tag: command.tag, error: refused, close: false }
    }
    if (refused !== undefined && literal.size > this.#options.discard) {
      return this.#break(new ImapError('BYE', refused.message, refused.code))
    }
    this.#literal = { size: literal.size, filled: 0, bytes: undefined }
    if (literal.size === 0) this.#endLiteral(this.#literal)
    return literal.synchronising ? { type: 'continue' } : undefined
  }

  #fillLiteral(): void {
    const literal = this.#literal as LiteralState
    while (literal.filled < literal.size) {
      const chunk = this.#chunks[0]
      if (chunk === undefined) return
      const wanted = Math.min(literal.size - literal.filled, chunk.length - this.#chunkOffset)
      if (this.#refused === undefined) {
        literal.bytes = grown(literal.bytes, literal.filled, literal.filled + wanted, literal.size)
        literal.bytes.set(chunk.subarray(this.#chunkOffset, this.#chunkOffset + wanted), literal.filled)
      }
      literal.filled += wanted
      this.#consume(wanted)
    }
    this.#endLiteral(literal)
  }

  #endLiteral(literal: LiteralState): void {
    const bytes = (literal.bytes ?? new Uint8Array(0)).subarray(0, literal.size)
    this.#command?.literals.push(bytes)
    this.#literal = undefined
  }

  #begin(line: string): RawCommand {
    const match = tagAndName.exec(line)
    if (match === null) {
      const tag = tagOnly.exec(line)?.[1] ?? '*'
      this.#refused ??= bad(tag === '*' ? 'A command starts with a tag' : 'Missing command name')
      return { tag, name: '', text: [], literals: [] }
    }
    let name = (match[2] as string).toUpperCase()
    if (name === 'UID') {
      const prefixed = /^ +([A-Za-z]+)/.exec(line.slice(match[0].length))
      if (prefixed === null) this.#refused ??= bad('UID needs a command')
      else name = `UID ${(prefixed[1] as string).toUpperCase()}`
    }
    return { tag: match[1] as string, name, text: [], literals: [] }
  }

  #commandBytes(): number {
    return this.#command?.text.reduce((sum, text) => sum + text.length, 0) ?? 0
  }

  #startLine(): void {
    this.#line = ''
    this.#lineBytes = 0
    this.#overflow = false
  }

  #finishCommand(): void {
    this.#command = undefined
    this.#refused = undefined
  }

  #consume(count: number): void {
    const chunk = this.#chunks[0] as Uint8Array
    this.#chunkOffset += count
    this.#queued -= count
    if (this.#chunkOffset < chunk.length) return
    this.#chunks.shift()
    this.#chunkOffset = 0
  }

  #break(error: ImapError): ReaderEvent {
    this.reset()
    this.#broken = true
    return { type: 'error', tag: '*', error, close: true }
  }
}

/** How much of the first line the tag and the name take. */
function nameLength(command: RawCommand, line: string): number {
  const first = tagAndName.exec(line)?.[0].length ?? 0
  if (!command.name.startsWith('UID ')) return first
  return first + (/^ +[A-Za-z]+/.exec(line.slice(first))?.[0].length ?? 0)
}

/** A buffer that holds `needed` bytes with the first `used` kept; grows by doubling, never beyond `size`. */
function grown(bytes: Uint8Array | undefined, used: number, needed: number, size: number): Uint8Array {
  if (bytes !== undefined && bytes.length >= needed) return bytes
  const capacity = Math.min(size, Math.max(needed, (bytes?.length ?? 0) * 2, 4096))
  const larger = new Uint8Array(capacity)
  if (bytes !== undefined) larger.set(bytes.subarray(0, used))
  return larger
}
