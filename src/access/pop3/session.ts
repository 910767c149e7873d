/**
 * An authenticated POP3 connection: the TRANSACTION and UPDATE states, beside the data.
 *
 * Standards: RFC 1939 §5, §6, §7 (TOP, UIDL); RFC 2449 §5 (CAPA), §6.6 (PIPELINING); RFC 3206 (SYS/TEMP); RFC 6856 §3.
 * Limits: `Pop3SessionLimits`. That there is one session at a time (RFC 1939 §4) is the host's business.
 * Security: the client is authenticated and still hostile.
 *
 * RETR does not mark a message as `$seen`: POP3 has no flags, and fetching is not reading.
 */
import { formatEmailId, StoreError, type Commit, type MailStore } from '../../mailbox/index.ts'
import {
  capabilities,
  language,
  LineReader,
  MultiLine,
  parseCommand,
  Pop3Error,
  type Pop3Command,
} from '../../protocol/pop3/index.ts'
import { fromLatin1 } from '../../format/index.ts'
import { Output, type SessionEngine, type SessionLog, type SessionOutput } from '../session/index.ts'
import { defaultSessionLimits, type Pop3SessionLimits } from './limits.ts'
import { Maildrop } from './maildrop.ts'
import { MessageSource } from './message-source.ts'
import { ReadAhead } from './read-ahead.ts'
import type { Pop3SessionState } from './session-state.ts'

export interface Pop3SessionDeps {
  readonly store: MailStore
  readonly output: SessionOutput
  readonly log: SessionLog
  readonly limits?: Partial<Pop3SessionLimits>
}

export interface Pop3SessionFacts {
  /** The connection is under TLS. */
  readonly tls: boolean
}

/** Lines of a listing between two looks at how much the client has read. */
const linesAtOnce = 1000

export class Pop3Session implements SessionEngine<Pop3SessionState> {
  readonly #store: MailStore
  readonly #log: SessionLog
  readonly #limits: Pop3SessionLimits
  readonly #output: Output
  readonly #reader: LineReader
  readonly #tls: boolean
  /** Undefined until it is opened. */
  #maildrop: Maildrop | undefined
  #source: MessageSource | undefined
  #readAhead: ReadAhead | undefined
  /** Pieces of input received: the bridge counts them too. */
  #pieces = 0
  #running: Promise<void> = Promise.resolve()
  #busy = false
  #closed = false
  #badCommands = 0

  constructor(deps: Pop3SessionDeps, { tls }: Pop3SessionFacts) {
    this.#limits = { ...defaultSessionLimits, ...deps.limits }
    this.#store = deps.store
    this.#log = deps.log
    this.#tls = tls
    this.#output = new Output(deps.output, { piece: this.#limits.outputPiece, window: this.#limits.outputWindow })
    this.#reader = new LineReader(this.#limits)
  }

  /** The session that `state()` was taken from; undefined when its maildrop is not known any more. */
  static resume(deps: Pop3SessionDeps, state: Pop3SessionState): Pop3Session | undefined {
    const maildrop = Maildrop.resume(deps.store, state.maildrop)
    if (maildrop === undefined) return undefined
    const session = new Pop3Session(deps, state)
    session.#enter(maildrop)
    session.#badCommands = state.badCommands ?? 0
    session.#pieces = state.pieces
    if (state.input !== undefined) session.#reader.receive(fromLatin1(state.input))
    return session
  }

  /** The login has succeeded in the bridge: opens the maildrop and answers PASS or AUTH. Never rejects. */
  begin(): Promise<void> {
    this.#busy = true
    this.#running = this.#begin()
    return this.#running
  }

  receive(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#pieces++
    this.#output.acknowledge(this.#readAhead?.forgotten() ?? 0)
    this.#reader.receive(bytes)
    if (this.#busy && this.#reader.overrun) this.#hangUp(new Pop3Error('Too many commands at once'))
    if (!this.#busy) this.#running = this.#run()
    return this.#running
  }

  acknowledge(count: number): void {
    this.#output.acknowledge(count)
  }

  taken(count: number): void {
    this.#readAhead?.taken(count)
    this.#sendAhead()
  }

  notify(commit: Commit): void {
    const maildrop = this.#maildrop
    const changes = maildrop === undefined ? undefined : commit.placements.get(maildrop.mailbox)
    if (changes !== undefined) maildrop?.notice(changes)
  }

  end(): void {
    this.#closed = true
    this.#source?.clear()
    this.#output.acknowledge(Infinity)
  }

  get closed(): boolean {
    return this.#closed
  }

  state(): Pop3SessionState | undefined {
    const { state: limit } = this.#limits
    const maildrop = this.#busy ? undefined : this.#maildrop?.state(limit)
    const input = this.#reader.snapshot(limit)
    if (maildrop === undefined || input === undefined) return undefined
    const state = { version: 1, tls: this.#tls, maildrop, pieces: this.#pieces } as const
    const badCommands = this.#badCommands === 0 ? {} : { badCommands: this.#badCommands }
    return { ...state, ...(input === '' ? {} : { input }), ...badCommands }
  }

  #enter(maildrop: Maildrop): void {
    this.#maildrop = maildrop
    const { readAhead } = this.#limits
    this.#source = new MessageSource(this.#store, maildrop, readAhead)
    this.#readAhead = new ReadAhead(maildrop, this.#source, readAhead)
  }

  async #begin(): Promise<void> {
    try {
      const maildrop = Maildrop.open(this.#store)
      this.#enter(maildrop)
      await maildrop.measure(this.#store)
      this.#output.text(`+OK ${this.#drop()}\r\n`)
    } catch (error) {
      this.#hangUp(this.#refusalOf(error, 'login'))
    }
    await this.#run()
  }

  async #run(): Promise<void> {
    this.#busy = true
    try {
      for (let line = this.#next(); line !== undefined; line = this.#next()) {
        if (line.type === 'too-long') this.#hangUp(new Pop3Error('Line too long'))
        else await this.#perform(line.text)
      }
    } catch (error) {
      this.#hangUp(this.#refusalOf(error, 'session'))
    }
    // Before the client has the answer, so that the bridge lets it wait for what comes behind.
    const ahead = !this.#closed && this.#reader.empty && this.#readAhead?.wanted === true
    if (ahead) this.#output.note({ hold: true })
    this.#output.flush()
    this.#busy = false
    if (ahead) this.#sendAhead()
  }

  /**
   * Sends answers that the client is likely to ask for next; the bridge waits for them, be they none. The client may ask for
   * something else: nothing changes by them.
   */
  #sendAhead(): void {
    try {
      const next = this.#busy || this.#output.congested ? undefined : this.#readAhead?.next()
      const offer = { ahead: { after: this.#pieces, answers: next?.answers ?? [] } }
      if (next === undefined) this.#output.note(offer)
      else this.#output.ahead(offer, next.bytes)
    } catch (error) {
      this.#hangUp(this.#refusalOf(error, 'read-ahead'), true)
    }
  }

  #next() {
    return this.#closed ? undefined : this.#reader.next()
  }

  async #perform(line: string): Promise<void> {
    try {
      await this.#command(parseCommand(line))
      this.#badCommands = 0
    } catch (error) {
      const refusal = this.#refusalOf(error, 'command')
      if (this.#closed) return
      this.#output.text(refusal.render())
      if (++this.#badCommands > this.#limits.badCommands) this.#hangUp(new Pop3Error('Too many bad commands'))
    }
  }

  async #command(command: Pop3Command): Promise<void> {
    const output = this.#output
    const maildrop = this.#maildrop as Maildrop
    if (command.name !== 'RETR') this.#readAhead?.interrupted()
    switch (command.name) {
      case 'STAT': {
        const { messages, octets } = maildrop.listing
        return output.text(`+OK ${messages} ${octets}\r\n`)
      }
      case 'LIST':
        return this.#list(command.message, (number) => String(maildrop.octets(number)))
      case 'UIDL':
        return this.#list(command.message, (number) => formatEmailId(maildrop.email(number)))
      case 'RETR':
        await this.#send(this.#existing(command.message), undefined)
        return this.#readAhead?.retrieved(command.message)
      case 'TOP':
        return this.#send(this.#existing(command.message), command.lines)
      case 'DELE':
        maildrop.mark(this.#existing(command.message))
        return output.text(`+OK Message ${command.message} is marked\r\n`)
      case 'RSET':
        maildrop.unmarkAll()
        return output.text(`+OK ${this.#drop()}\r\n`)
      case 'NOOP':
        return output.text('+OK\r\n')
      case 'CAPA':
        return output.text(capabilities({ tls: this.#tls ? 'active' : 'available', passwords: true }))
      case 'LANG':
        return output.text(language(command.tag))
      case 'QUIT':
        return this.#update()
    }
  }

  /** A message-number that names a message; throws for others, and for one that is marked as deleted (RFC 1939 §5). */
  #existing(number: number): number {
    const maildrop = this.#maildrop as Maildrop
    if (!maildrop.has(number)) throw new Pop3Error('No such message')
    if (maildrop.isMarked(number)) throw new Pop3Error(`Message ${number} is marked as deleted`)
    return number
  }

  #drop(): string {
    const { messages, octets } = (this.#maildrop as Maildrop).listing
    return `${messages} messages (${octets} octets)`
  }

  /** A scan listing or unique-id listing: of one message, or of all that are not marked. */
  async #list(message: number | undefined, fact: (number: number) => string): Promise<void> {
    const output = this.#output
    if (message !== undefined) return output.text(`+OK ${message} ${fact(this.#existing(message))}\r\n`)
    const maildrop = this.#maildrop as Maildrop
    output.text(`+OK ${this.#drop()}\r\n`)
    for (let number = 1; number <= maildrop.length; number++) {
      if (!maildrop.isMarked(number)) output.text(`${number} ${fact(number)}\r\n`)
      if (number % linesAtOnce === 0 && output.congested) await output.drained()
      if (this.#closed) return
    }
    output.text('.\r\n')
  }

  /** RETR, or TOP with `bodyLines`. Whoever was promised a message that then cannot be finished is hung up on. */
  async #send(number: number, bodyLines: number | undefined): Promise<void> {
    const output = this.#output
    const maildrop = this.#maildrop as Maildrop
    const source = this.#source as MessageSource
    const size = maildrop.storedSize(number)
    const text = new MultiLine((bytes) => output.bytes(bytes), bodyLines)
    let sent = 0
    try {
      for await (const piece of source.pieces(number, bodyLines === undefined)) {
        if (sent === 0) output.text(`+OK ${maildrop.octets(number)} octets\r\n`)
        text.push(piece)
        sent += piece.length
        if (output.congested) await output.drained()
        if (this.#closed || text.done) break
      }
    } catch (error) {
      if (sent > 0) return this.#hangUp(this.#refusalOf(error, 'message'), true)
      throw error
    }
    if (this.#closed) return
    if (sent === 0 && size > 0) throw new Pop3Error('The message has been removed by another client')
    if (sent < size && !text.done) return this.#hangUp(undefined, true)
    if (sent === 0) output.text('+OK 0 octets\r\n')
    text.end()
  }

  /** QUIT: the UPDATE state (RFC 1939 §6). All marked messages go in one commit, or none does. */
  #update(): void {
    const { mailbox } = this.#maildrop as Maildrop
    const uids = (this.#maildrop as Maildrop).markedUids()
    try {
      if (uids.length > 0) this.#store.expunge(mailbox, uids)
    } catch (error) {
      const { message } = this.#refusalOf(error, 'update')
      return this.#hangUp(new Pop3Error(`All ${uids.length} messages marked are still there: ${message}`, 'SYS/TEMP'))
    }
    this.#output.text(`+OK ${uids.length} messages deleted\r\n`)
    this.#hangUp(undefined)
  }

  /** The answer to a failed command. What is neither a refusal of ours nor of the store is a bug: logged, never shown. */
  #refusalOf(error: unknown, where: string): Pop3Error {
    if (error instanceof Pop3Error) return error
    if (error instanceof StoreError) return new Pop3Error(error.message, 'SYS/TEMP')
    this.#log.error(`pop3: ${where} failed`, error)
    return new Pop3Error('Internal error', 'SYS/TEMP')
  }

  /** Ends the connection; in the middle of a message nothing can be said. */
  #hangUp(reason: Pop3Error | undefined, within = false): void {
    if (this.#closed) return
    if (reason !== undefined && !within) this.#output.text(reason.render())
    this.#output.control({ close: true })
    this.end()
  }
}
