/**
 * An authenticated IMAP connection: bytes in, commands run one after the other beside the data, bytes out.
 *
 * Standards: RFC 9051 §3 (states), §5.5 (pipelining), §7 (responses); RFC 2177 (IDLE).
 * Limits: `ImapSessionLimits`.
 * Security: the client is authenticated and still hostile: what it names is looked up in its own account only.
 */
import { encodeBase64 } from '../../format/index.ts'
import type { Commit, SessionMail } from '../../mailbox/index.ts'
import {
  CommandReader,
  ImapError,
  parseCommand,
  type ImapCommand,
  type RawCommand,
  type ReaderEvent,
} from '../../protocol/imap/index.ts'
import { Output, type SessionLog, type SessionOutput } from '../session/index.ts'
import type { PeopleLookup } from './people-lookup.ts'
import { admitLiteral } from './admission.ts'
import { capabilities } from './capability.ts'
import { allowedIn, runCommand, tellsExpunges, tellsInAnyCase } from './command/index.ts'
import { Context, type Completion, type ImapAccount } from './context.ts'
import { defaultSessionLimits, type ImapSessionLimits } from './limits.ts'
import { keepFollowing } from './live/resume.ts'
import { tellUpdates } from './live/update.ts'
import { Watch } from './notify/watch.ts'
import { Progress } from './progress.ts'
import type { OthersPort } from './others/port.ts'
import { outward } from './others/outward.ts'
import { tellVisited } from './others/visit.ts'
import { noteWatched, tellWatched } from './others/watching.ts'
import { refusalOf } from './refusal.ts'
import { Selected } from './selected.ts'
import { stateOf } from './kept-state.ts'
import type { ImapSessionState } from './session-state.ts'

export interface ImapSessionDeps {
  store: SessionMail
  account: ImapAccount
  output: SessionOutput
  clock: { now(): number }
  log: SessionLog
  limits?: Partial<ImapSessionLimits>
  people?: PeopleLookup
  jmapUrl?: string
  /** The mailboxes of others. */
  others?: OthersPort
}

export class ImapSession {
  readonly #context: Context
  readonly #reader: CommandReader
  readonly #log: SessionLog
  #running: Promise<void> = Promise.resolve()
  #busy = false
  #badCommands = 0

  constructor(deps: ImapSessionDeps) {
    const limits = { ...defaultSessionLimits, ...deps.limits }
    const output = new Output(deps.output, { piece: limits.outputPiece, window: limits.outputWindow })
    const { store, account, clock, people, jmapUrl, others } = deps
    this.#log = deps.log
    this.#context = new Context({ store, account, output, limits, people, jmapUrl, others, now: () => clock.now() })
    this.#reader = new CommandReader({
      line: limits.line,
      literals: limits.literals,
      // A client with LITERAL+ that did not know the limit gets a tagged NO for anything it may plausibly append.
      discard: 8 * limits.appendTotal,
      // While a command runs, the next may arrive in full: an APPEND behind a FETCH.
      pending: limits.appendTotal + limits.line,
      admit: (command, literal) => admitLiteral(this.#context, command, literal),
    })
  }

  /**
   * The session that `state()` was taken from, over the same account. When the mailbox it had selected is gone, or has
   * changed beyond what the history tells, the client gets BYE and connects anew.
   */
  static resume(deps: ImapSessionDeps, state: ImapSessionState): ImapSession {
    const session = new ImapSession(deps)
    const context = session.#context
    for (const name of state.enabled) context.enabled.add(name)
    context.idle = state.idle
    context.compressed = state.compressed === true
    if (state.notify !== undefined) context.watch = new Watch(context, state.notify)
    for (const [id, seen] of state.watched ?? []) context.watched.set(id, seen)
    session.#badCommands = state.badCommands ?? 0
    if (state.input !== undefined) session.#reader.restore(state.input)
    else if (state.idle !== undefined) session.#reader.expectLine()
    if (state.selected !== undefined) {
      context.selected = Selected.resume(deps.store, state.selected)
      if (context.selected === undefined) session.#bye('The selected mailbox has changed, please reconnect')
      else keepFollowing(context, context.selected, state.selected.live ?? [])
    }
    // What has happened there while this account slept, nobody has said.
    if (state.visiting !== undefined) context.visiting = { ...state.visiting, hasNews: true }
    return session
  }

  /**
   * LOGIN or AUTHENTICATE with this tag has succeeded in the bridge: says so, with the capabilities. The connection may be
   * compressed from before an UNAUTHENTICATE.
   */
  begin(tag: string, { compressed = false }: { readonly compressed?: boolean } = {}): void {
    this.#context.compressed = compressed
    this.#context.output.text(`${tag} OK [CAPABILITY ${capabilities(this.#context)}] Logged in\r\n`)
    this.#context.output.flush()
  }

  /** Bytes from the client. Resolves when all commands that they complete have been answered; never rejects. */
  receive(bytes: Uint8Array): Promise<void> {
    if (this.#context.closed) return Promise.resolve()
    this.#reader.receive(bytes)
    const waits = this.#busy || this.#context.leaving !== undefined
    if (waits && this.#reader.overrun) this.#bye('Too much input while a command is in progress')
    if (!this.#busy) this.#running = this.#run()
    return this.#running
  }

  /** So many octets of output have reached the client: a paused command may go on. */
  acknowledge(count: number): void {
    this.#context.output.acknowledge(count)
  }

  /**
   * The store has committed: a client in IDLE, or one that has used NOTIFY (RFC 5465), is told at once, any other with its
   * next command (RFC 9051 §5.2). Resolves when all is told that has to be waited for.
   */
  notify(commit: Commit): void | Promise<void> {
    const context = this.#context
    if (context.closed || context.leaving !== undefined) return
    this.#guard(() => context.note(commit))
    if (this.#busy || !this.#isNews(commit)) return
    this.#running = this.#run()
    if (this.#busy) return this.#running
  }

  /** Something has happened in what somebody else shares. */
  othersChanged(owner: string): void | Promise<void> {
    const { closed, leaving, visiting, idle, watch } = this.#context
    if (closed || leaving !== undefined) return
    const isWatched = noteWatched(this.#context, owner)
    if (visiting?.host.id === owner) visiting.hasNews = true
    else if (!isWatched) return
    if (this.#busy || (idle === undefined && watch === undefined)) return
    return (this.#running = this.#run())
  }

  // For a guest: what is done is handed back, and said by the session that they have in their own account.

  /** Does a command. Undefined: it has said all itself. */
  async answer(raw: RawCommand): Promise<Completion | ImapError | undefined> {
    this.#busy = true
    try {
      return await this.#answer(raw)
    } finally {
      this.#busy = false
    }
  }

  /** Tells what has happened. */
  news(): Promise<void> {
    return this.#run()
  }

  /** Work on what the session works on. */
  within<T>(work: (context: Context) => T): T {
    return work(this.#context)
  }

  flush(): void {
    this.#context.output.flush()
  }

  /** The session cannot go on. */
  leave(reason: string): void {
    this.#bye(reason)
  }

  #isNews({ mailboxes, placements }: Commit): boolean {
    const { idle, selected, watch } = this.#context
    if (watch?.hasNews === true) return true
    if (selected === undefined || (idle === undefined && watch === undefined)) return false
    return placements.has(selected.mailbox) || mailboxes.destroyed.includes(selected.mailbox)
  }

  /** The connection is gone: a paused command ends. */
  end(): void {
    this.#context.closed = true
    this.#context.output.acknowledge(Infinity)
  }

  /** After UNAUTHENTICATE, when the bridge sends no more: the last answer, and what came behind the command. */
  relinquish(): void {
    const { leaving, output } = this.#context
    if (leaving === undefined || this.closed) return
    output.text(`${leaving} OK Log in again\r\n`)
    output.control({ rest: encodeBase64(this.#reader.takeRest()) })
    this.end()
  }

  /** BYE has been sent. */
  get closed(): boolean {
    return this.#context.closed
  }

  /**
   * What `resume` needs. Undefined while there is more than that: a command in progress, a large one half received.
   * Then the session must be kept in memory.
   */
  state(): ImapSessionState | undefined {
    if (this.#busy || this.#context.leaving !== undefined) return undefined
    return stateOf(this.#context, this.#reader, this.#badCommands)
  }

  async #run(): Promise<void> {
    this.#busy = true
    try {
      for (let telling: Promise<void> | undefined, first = true; first || telling !== undefined; first = false) {
        for (let event = this.#next(); event !== undefined; event = this.#next()) await this.#handle(event)
        // News that came meanwhile found the session busy.
        telling = this.#tellNews()
        if (telling !== undefined) await telling
      }
    } catch (error) {
      this.#log.error('imap: session failed', error)
      this.#bye('Internal error', 'SERVERBUG')
    }
    this.#context.output.flush()
    this.#busy = false
  }

  /** What a client that listens is told between commands and in IDLE. A promise while more of it has to be read. */
  #tellNews(): Promise<void> | undefined {
    const context = this.#context
    const { idle, watch, visiting } = context
    if (context.closed || (idle === undefined && watch === undefined) || !this.#stillThere()) return undefined
    context.sync(idle !== undefined || watch?.isImmediate === true)
    if (watch?.tell() === false) {
      // RFC 5465 §5.8: too much for this client; as if it had said NOTIFY NONE.
      context.watch = new Watch(context, { groups: [] })
      context.output.text('* OK [NOTIFICATIONOVERFLOW] Too much has happened\r\n')
      return undefined
    }
    if (visiting?.hasNews === true) return tellVisited(context, visiting)
    if (context.watchedNews.size > 0) return tellWatched(context)
    return tellUpdates(context)
  }

  #next(): ReaderEvent | undefined {
    const { closed, leaving } = this.#context
    return closed || leaving !== undefined ? undefined : this.#reader.next()
  }

  async #handle(event: ReaderEvent): Promise<void> {
    const { output } = this.#context
    switch (event.type) {
      case 'continue':
        output.text('+ Ready\r\n')
        return output.flush()
      case 'line':
        return this.#endIdle(event.line)
      case 'error':
        if (this.#context.idle !== undefined) return this.#endIdle('')
        if (event.close) return this.#bye(event.error.message, event.error.code)
        return this.#refuse(event.tag, event.error)
      case 'command':
        return this.#command(event.command)
    }
  }

  async #command(raw: RawCommand): Promise<void> {
    const context = this.#context
    const done = await this.#answer(raw)
    if (context.closed) return
    if (done instanceof ImapError) return this.#refuse(raw.tag, done)
    if (done === undefined) {
      if (context.idle !== undefined) this.#reader.expectLine()
      return
    }
    this.#badCommands = 0
    this.#complete(raw.tag, done)
  }

  /** Does a command and tells the news that it lets be told: all but what is said of its end. */
  async #answer(raw: RawCommand): Promise<Completion | ImapError | undefined> {
    const context = this.#context
    const { selected: selectedBefore, modSeq: awareBefore } = context
    const command = this.#parse(raw)
    const done = command instanceof ImapError ? command : await this.#perform(command, raw)
    if (context.closed || done === undefined) return done
    if (done instanceof ImapError && done.type !== 'NO') return done
    // A NO tells the news too: often they are its reason.
    if (!this.#stillThere()) return undefined
    if (command instanceof ImapError) context.sync(false)
    else context.sync(tellsExpunges(command), tellsInAnyCase(command))
    const updates = tellUpdates(context)
    if (updates !== undefined) await updates
    if (context.selected === selectedBefore) this.#tellModSeq(awareBefore)
    return done
  }

  #parse(raw: RawCommand): ImapCommand | ImapError {
    const context = this.#context
    try {
      const command = parseCommand(raw, { utf8: context.utf8, sequenceSet: context.limits.sequenceSet })
      allowedIn(command, context)
      return command
    } catch (error) {
      return this.#refusal(raw.name, error)
    }
  }

  /** Runs a command; its refusal comes back as a value. */
  async #perform(command: ImapCommand, raw: RawCommand): Promise<Completion | ImapError | undefined> {
    try {
      const context = this.#context
      const { tag } = raw
      context.progress = new Progress(context.output, context.now, tag)
      if (!this.#stillThere()) return undefined
      const elsewhere = context.others === undefined ? undefined : outward(context, command, raw)
      return await (elsewhere ?? context.actingItself(() => runCommand(command, context, tag)))
    } catch (error) {
      return this.#refusal(command.name, error)
    } finally {
      this.#context.progress = undefined
    }
  }

  /** This is where bugs are caught. */
  #refusal(name: string, error: unknown): ImapError {
    return refusalOf(error, (bug) => this.#log.error(`imap: ${name} failed`, bug))
  }

  /**
   * How far the client's cache reaches where FETCH responses do not say it: with the command that switches CONDSTORE on,
   * and while it cannot be told what has gone (RFC 7162 §3.1, §3.2, §6).
   */
  #tellModSeq(awareBefore: boolean): void {
    const { selected, modSeq, output } = this.#context
    if (selected !== undefined && modSeq && (!awareBefore || selected.hasGone)) selected.tellModSeq(output)
  }

  #complete(tag: string, { type, code, text }: Completion): void {
    this.#context.output.text(`${tag} ${type ?? 'OK'} ${code === undefined ? '' : `[${code}] `}${text}\r\n`)
  }

  #refuse(tag: string, error: ImapError): void {
    if (error.type === 'BYE') return this.#bye(error.message, error.code)
    this.#context.output.text(`${tag} ${error.render()}`)
    if (error.type === 'BAD' && ++this.#badCommands > this.#context.limits.badCommands) {
      this.#bye('Too many bad commands')
    }
  }

  /** RFC 2177: IDLE ends with DONE, and anything else is an error that ends it too. */
  #endIdle(line: string): void {
    const tag = this.#context.idle ?? '*'
    this.#context.idle = undefined
    if (line.toUpperCase() !== 'DONE') return this.#refuse(tag, new ImapError('BAD', 'Expected DONE'))
    if (!this.#stillThere()) return
    this.#context.sync(true)
    this.#complete(tag, { text: 'Idle ended' })
  }

  /** A mailbox deleted by somebody else takes the sessions that had it selected with it. */
  #stillThere(): boolean {
    const { selected } = this.#context
    if (selected === undefined || selected.isThere) return true
    this.#bye('The selected mailbox has been deleted')
    return false
  }

  /** A bug while telling news must not reach whoever committed. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#log.error('imap: notification failed', error)
      this.#bye('Internal error', 'SERVERBUG')
    }
  }

  #bye(text: string, code?: string): void {
    const context = this.#context
    if (context.closed) return
    context.output.text(`* BYE ${code === undefined ? '' : `[${code}] `}${text}\r\n`)
    context.output.control({ close: true })
    this.end()
  }
}
