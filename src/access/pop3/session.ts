/**
 * An authenticated POP3 connection: the TRANSACTION and UPDATE states, beside the data.
 *
 * Standards: RFC 1939 §5, §6, §7 (TOP, UIDL); RFC 2449 §5 (CAPA), §6.6 (PIPELINING); RFC 3206 (SYS/TEMP); RFC 6856 §3.
 * Limits: `Pop3SessionLimits`. That there is one session at a time (RFC 1939 §4) is the host's business.
 * Security: the client is authenticated and still hostile.
 *
 * RETR does not mark a message as `$seen`: POP3 has no flags, and fetching is not reading.
 */
import { StoreError, type Commit, type MailStore } from '../../mailbox/index.ts'
import { LineReader, parseCommand, Pop3Error } from '../../protocol/pop3/index.ts'
import { fromLatin1 } from '../../format/index.ts'
import { Output, type SessionEngine, type SessionLog, type SessionOutput } from '../session/index.ts'
import { defaultSessionLimits, type Pop3SessionLimits } from './limits.ts'
import { Maildrop } from './maildrop.ts'
import type { Pop3SessionFacts, Pop3SessionState } from './session-state.ts'
import { BrokenOff, Transaction } from './transaction.ts'

export interface Pop3SessionDeps {
  readonly store: MailStore
  readonly output: SessionOutput
  readonly log: SessionLog
  readonly limits?: Partial<Pop3SessionLimits>
}

export class Pop3Session implements SessionEngine<Pop3SessionState> {
  readonly #store: MailStore
  readonly #log: SessionLog
  readonly #limits: Pop3SessionLimits
  readonly #output: Output
  readonly #reader: LineReader
  readonly #facts: Pop3SessionFacts
  /** Undefined until it is opened. */
  #transaction: Transaction | undefined
  /** Pieces of input received: the bridge counts them too. */
  #pieces = 0
  #running: Promise<void> = Promise.resolve()
  #busy = false
  #closed = false
  #badCommands = 0

  constructor(deps: Pop3SessionDeps, { tls, utf8, bound }: Pop3SessionFacts) {
    this.#limits = { ...defaultSessionLimits, ...deps.limits }
    this.#store = deps.store
    this.#log = deps.log
    this.#facts = { tls, ...(utf8 && { utf8 }), ...(bound && { bound }) }
    this.#output = new Output(deps.output, { piece: this.#limits.outputPiece, window: this.#limits.outputWindow })
    this.#reader = new LineReader(this.#limits)
  }

  /** The session that `state()` was taken from; undefined when its maildrop is not known any more. */
  static resume(deps: Pop3SessionDeps, state: Pop3SessionState): Pop3Session | undefined {
    const maildrop = Maildrop.resume(deps.store, state.maildrop, state.utf8 === true)
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
    this.#output.acknowledge(this.#transaction?.readAhead.forgotten() ?? 0)
    this.#reader.receive(bytes)
    if (this.#busy && this.#reader.overrun) this.#hangUp(new Pop3Error('Too many commands at once'))
    if (!this.#busy) this.#running = this.#run()
    return this.#running
  }

  acknowledge(count: number): void {
    this.#output.acknowledge(count)
  }

  taken(count: number): void {
    this.#transaction?.readAhead.taken(count)
    this.#sendAhead()
  }

  notify(commit: Commit): void {
    const maildrop = this.#transaction?.maildrop
    const changes = maildrop === undefined ? undefined : commit.placements.get(maildrop.mailbox)
    if (changes !== undefined) maildrop?.notice(changes)
  }

  end(): void {
    this.#closed = true
    this.#transaction?.end()
    this.#output.acknowledge(Infinity)
  }

  get closed(): boolean {
    return this.#closed
  }

  state(): Pop3SessionState | undefined {
    const { state: limit } = this.#limits
    const transaction = this.#busy ? undefined : this.#transaction
    // Marks that the bridge has not told of yet must be known when it does.
    const maildrop = transaction?.readAhead.binding === true ? undefined : transaction?.maildrop.state(limit)
    const input = this.#reader.snapshot(limit)
    if (maildrop === undefined || input === undefined) return undefined
    const state = { version: 1, ...this.#facts, maildrop, pieces: this.#pieces } as const
    const badCommands = this.#badCommands === 0 ? {} : { badCommands: this.#badCommands }
    return { ...state, ...(input === '' ? {} : { input }), ...badCommands }
  }

  #enter(maildrop: Maildrop): Transaction {
    const { readAhead } = this.#limits
    const parts = {
      store: this.#store,
      output: this.#output,
      facts: this.#facts,
      readAhead,
      isOver: () => this.#closed,
    }
    return (this.#transaction = new Transaction({ ...parts, maildrop }))
  }

  async #begin(): Promise<void> {
    try {
      const maildrop = Maildrop.open(this.#store)
      const transaction = this.#enter(maildrop)
      await maildrop.measure(this.#store, this.#facts.utf8 === true)
      this.#output.text(`+OK ${transaction.summary}\r\n`)
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
    const ahead = !this.#closed && this.#reader.empty && this.#transaction?.readAhead.wanted === true
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
      const next = this.#busy || this.#output.congested ? undefined : this.#transaction?.readAhead.next()
      const offer = { ahead: { after: this.#pieces, answers: next?.answers ?? [] } }
      if (next === undefined) this.#output.note(offer)
      else this.#output.ahead(offer, next.bytes)
    } catch (error) {
      this.#breakOff(error)
    }
  }

  #next() {
    return this.#closed ? undefined : this.#reader.next()
  }

  async #perform(line: string): Promise<void> {
    try {
      const command = parseCommand(line)
      const transaction = this.#transaction as Transaction
      if (command.name === 'QUIT') this.#update(transaction.maildrop)
      else await transaction.run(command)
      this.#badCommands = 0
      if (this.#output.congested) await this.#output.drained()
    } catch (error) {
      if (error instanceof BrokenOff) return this.#breakOff(error)
      const refusal = this.#refusalOf(error, 'command')
      if (this.#closed) return
      this.#output.text(refusal.render())
      if (++this.#badCommands > this.#limits.badCommands) this.#hangUp(new Pop3Error('Too many bad commands'))
    }
  }

  /** QUIT: the UPDATE state (RFC 1939 §6). All marked messages go in one commit, or none does. */
  #update(maildrop: Maildrop): void {
    const { mailbox } = maildrop
    const uids = maildrop.markedUids()
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

  /** Ends the connection where nothing can be said. That a message has gone, or the blob store, is nobody's fault here. */
  #breakOff(error: unknown): void {
    const cause = error instanceof BrokenOff ? error.cause : error
    if (cause !== undefined) this.#refusalOf(cause, 'message')
    this.#hangUp(undefined)
  }

  #hangUp(reason: Pop3Error | undefined): void {
    if (this.#closed) return
    if (reason !== undefined) this.#output.text(reason.render())
    this.#output.control({ close: true })
    this.end()
  }
}
