/**
 * The SMTP server engine: one connection, bytes in, events and bytes out. It does no I/O and has no clock.
 *
 * ```ts
 * write(server.greeting())
 * onBytes((chunk) => { server.receive(chunk); drain() })
 * // drain: while ((event = server.next())) …; an asking event is answered by write(server.respond(reply)), then drain goes on
 * ```
 *
 * `next()` gives nothing while an answer is due, so replies come in the order of the commands and pipelining is right by
 * construction (RFC 2920 §3.2). Stop reading the socket while `waiting`: what comes meanwhile waits in memory.
 *
 * Standards: RFC 5321, RFC 6409 (submission mode), and one per command in `command/`.
 * Limits: `SmtpLimits`. Security: everything received is hostile.
 */
import { formatReply, type Reply } from '../reply.ts'
import { parseCommandLine } from './command-line.ts'
import { auth } from './command/auth.ts'
import { bdat } from './command/bdat.ts'
import { data } from './command/data.ts'
import { hello } from './command/hello.ts'
import { mail } from './command/mail.ts'
import { help, noop, quit, rset, verify } from './command/minor.ts'
import { recipient } from './command/recipient.ts'
import { injectionReply, startTls } from './command/starttls.ts'
import type { CloseReason, SmtpEvent } from './event.ts'
import { Input } from '../input.ts'
import { settingsOf, type SmtpServerOptions } from './options.ts'
import { mayAuthenticate, refuse, type Session, type Step } from './session.ts'

/** Browsers and HTTP tools that were made to speak to a mail port (cross-protocol attacks) say one of these. */
const foreignVerbs: ReadonlySet<string> = new Set([
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'DELETE',
  'PATCH',
])

/** Verbs that bring a message nearer, and so do not count as idle talk. */
const busyVerbs: ReadonlySet<string> = new Set(['RCPT', 'DATA', 'BDAT'])

export class SmtpServer {
  readonly #session: Session
  readonly #input = new Input()
  #ask: Extract<Step, { kind: 'ask' }> | undefined
  /** An event that comes before anything else. */
  #due: SmtpEvent | undefined
  #handshake = false
  #closed = false
  #errors = 0
  #idleCommands = 0
  #commands = 0

  constructor(options: SmtpServerOptions) {
    this.#session = {
      settings: settingsOf(options),
      tlsActive: options.tls === 'active',
      hello: undefined,
      login: undefined,
      transaction: undefined,
      transactions: 0,
      authFailures: 0,
      refusedRecipients: 0,
      reader: undefined,
    }
  }

  /** An answer is due: `next()` gives nothing before `respond()`. */
  get waiting(): boolean {
    return this.#ask !== undefined
  }

  get tlsActive(): boolean {
    return this.#session.tlsActive
  }

  /** Octets received that no event has carried yet. */
  get buffered(): number {
    return this.#input.length
  }

  /** The name that AUTH accepted. */
  get login(): string | undefined {
    return this.#session.login
  }

  get hello(): { verb: 'EHLO' | 'HELO'; name: string } | undefined {
    return this.#session.hello
  }

  /**
   * Milliseconds the host should wait for the client's next byte (RFC 5321 §4.5.3.2.7 asks for five minutes; a submission
   * client that has not logged in gets one, since it costs a connection and a password takes a moment).
   */
  get patience(): number {
    const { settings, login } = this.#session
    return settings.mode === 'submission' && login === undefined ? 60_000 : 300_000
  }

  /** The first thing to write. */
  greeting(): Uint8Array {
    return formatReply({ code: 220, text: `${this.#session.settings.hostname} ESMTP facteur` })
  }

  /** Takes bytes; the array must not be changed afterwards. After a `close` or `quit` event they are ignored. */
  receive(chunk: Uint8Array): void {
    if (this.#closed) return
    // Plain text between STARTTLS and the handshake: nobody may have meant it (RFC 3207 §5).
    if (this.#handshake) return
    this.#input.push(chunk)
    // The close comes after the answer that the host is still working on.
    if (this.waiting && this.#input.length > this.#session.settings.limits.pending)
      this.#due = this.#end(tooMuchInAdvance, 'client sends without waiting')
  }

  /** The next event, or undefined: it needs bytes, an answer (`waiting`) or `tlsStarted()`. */
  next(): SmtpEvent | undefined {
    if (this.#ask !== undefined || this.#handshake) return undefined
    const due = this.#due
    if (due !== undefined) {
      this.#due = undefined
      return due
    }
    while (!this.#closed && this.#ask === undefined) {
      const session = this.#session
      const step = session.reader === undefined ? this.#command() : session.reader.read(session, this.#input)
      if (step === undefined) return undefined
      const event = this.#perform(step)
      if (event !== undefined) return event
    }
    return undefined
  }

  /**
   * Answers the event that waits and gives the bytes to write (none for an accepted BDAT). A missing enhanced code is
   * filled in. 421 and 521 end the connection: a `close` event follows. Throws when no event waits, and when the reply
   * is a success that does not fit the event.
   */
  respond(reply: Reply): Uint8Array {
    const ask = this.#ask
    if (ask === undefined) throw new Error('no SMTP event waits for an answer')
    if (reply.code < 400 && !fits(ask.event, reply)) throw new Error(`${reply.code} does not answer ${ask.event.type}`)
    this.#ask = undefined
    if (this.#closed) return formatReply(complete(reply))
    if (ask.event.type === 'starttls' && reply.code === 220) {
      // What came while the host made up its mind was sent in plain text by whoever could write to the wire.
      if (!this.#input.empty) {
        this.#due = this.#end(undefined, 'data after STARTTLS')
        return formatReply(injectionReply)
      }
      this.#handshake = true
    }
    const instead = ask.answered(reply)
    if (reply.code === 421 || reply.code === 521) this.#due = this.#end(undefined, 'host')
    else this.#count(ask.event)
    if (instead === 'silence' && !this.#closed) return nothing
    return formatReply(complete(instead === 'silence' || instead === undefined ? reply : instead))
  }

  /** After the TLS handshake: everything learnt in plain text is forgotten (RFC 3207 §4.2). */
  tlsStarted(): void {
    if (!this.#handshake) throw new Error('STARTTLS was not agreed on')
    this.#handshake = false
    this.#input.clear()
    const session = this.#session
    session.tlsActive = true
    session.hello = undefined
    session.login = undefined
    session.transaction = undefined
    session.reader = undefined
  }

  #command(): Step | undefined {
    const session = this.#session
    const { limits, mode } = session.settings
    const authPossible = mayAuthenticate(session) && session.login === undefined
    const line = this.#input.line(authPossible ? Math.max(limits.line, limits.authLine) : limits.line)
    if (line === undefined) return undefined
    if (line.kind === 'bare line feed')
      return close(521, '5.5.2', 'Lines must end with CRLF', 'bare line feed in a command')
    const command = line.kind === 'line' ? parseCommandLine(line.bytes) : undefined
    this.#commands++
    if (mode === 'submission' && session.login === undefined && this.#commands > limits.unauthenticatedCommands)
      return close(421, '4.7.0', 'Too many commands before authentication', 'too many commands')
    if (command === undefined || !busyVerbs.has(command.verb)) this.#idleCommands++
    if (this.#idleCommands > limits.idleCommands)
      return close(421, '4.7.0', 'Too many commands without a message', 'too many commands')
    if (line.kind === 'too long') return refuse(500, '5.5.2', 'Line too long')
    if (command === undefined) return refuse(500, '5.5.2', 'Bad characters in the command')
    if (command.verb !== 'AUTH' && line.bytes.length + 2 > limits.line) return refuse(500, '5.5.2', 'Line too long')
    return this.#dispatch(command.verb, command.argument)
  }

  #dispatch(verb: string, argument: string): Step {
    const session = this.#session
    switch (verb) {
      case 'EHLO':
      case 'HELO':
        return hello(session, verb, argument)
      case 'MAIL':
        return mail(session, argument)
      case 'RCPT':
        return recipient(session, argument)
      case 'DATA':
        return data(session, argument)
      case 'BDAT':
        return session.settings.extensions.has('CHUNKING') ? bdat(session, argument) : unknownCommand
      case 'RSET':
        return rset(session, argument)
      case 'NOOP':
        return noop()
      case 'VRFY':
      case 'EXPN':
        return verify(session, verb, argument)
      case 'HELP':
        return help()
      case 'STARTTLS':
        return startTls(session, argument, this.#input)
      case 'AUTH':
        return auth(session, argument)
      case 'QUIT':
        return quit(session)
    }
    if (foreignVerbs.has(verb)) return close(521, '5.5.1', 'This is a mail server', 'not an SMTP client')
    return unknownCommand
  }

  #perform(step: Step): SmtpEvent | undefined {
    switch (step.kind) {
      case 'read':
        return undefined
      case 'ask':
        this.#ask = step
        return step.event
      case 'close':
        return this.#end(step.reply, step.reason)
      case 'event':
        if (step.event.type === 'quit') this.#close()
        return step.event
      case 'reply':
        if (step.reply.code >= 500) this.#errors++
        return (
          this.#overLimit() ?? { type: 'reply', bytes: formatReply(step.plain ? step.reply : complete(step.reply)) }
        )
    }
  }

  /** After an answer of the host: progress clears the count of idle talk, refusals may have been one too many. */
  #count(event: SmtpEvent): void {
    if (event.type === 'message') this.#idleCommands = 0
    this.#due = this.#overLimit()
  }

  #overLimit(): SmtpEvent | undefined {
    const { settings, authFailures, refusedRecipients } = this.#session
    const { limits } = settings
    if (authFailures >= limits.authFailures)
      return this.#end({ code: 421, enhanced: '4.7.0', text: 'Too many failed logins' }, 'too many failed logins')
    if (this.#errors >= limits.errors || refusedRecipients >= limits.refusedRecipients)
      return this.#end({ code: 421, enhanced: '4.7.0', text: 'Too many errors' }, 'too many errors')
    return undefined
  }

  #end(reply: Reply | undefined, reason: CloseReason): SmtpEvent {
    this.#close()
    return { type: 'close', bytes: reply === undefined ? nothing : formatReply(complete(reply)), reason }
  }

  #close(): void {
    this.#closed = true
    this.#input.clear()
    this.#session.reader = undefined
  }
}

const tooMuchInAdvance: Reply = { code: 421, enhanced: '4.7.0', text: 'Too much data in advance' }
const nothing = new Uint8Array(0)
const unknownCommand = refuse(500, '5.5.1', 'Unknown command')

function close(code: number, enhanced: string, text: string, reason: CloseReason): Step {
  return { kind: 'close', reply: { code, enhanced, text }, reason }
}

/** Whether a success reply is the one the event calls for. */
function fits(event: SmtpEvent, reply: Reply): boolean {
  switch (event.type) {
    case 'starttls':
      return reply.code === 220
    case 'auth':
      return reply.code === 235
    case 'auth-question':
      return reply.code === 334
    case 'data':
      return reply.code === 354
    default:
      return reply.code >= 200 && reply.code < 300
  }
}

/** Every 2xx, 4xx and 5xx has an enhanced code, save the answers to EHLO and HELO, and no 3xx has one (RFC 2034 §4). */
function complete(reply: Reply): Reply {
  const kind = Math.trunc(reply.code / 100)
  if (kind === 3) return { code: reply.code, text: reply.text }
  return reply.enhanced === undefined ? { ...reply, enhanced: `${kind}.0.0` } : reply
}
