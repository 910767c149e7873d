/**
 * The login process: everything a client may say before it has shown who it is. It knows no mail.
 *
 * Standards: RFC 9051 §6.1–6.2, RFC 3501 §6.1–6.2, RFC 4959 (SASL-IR), RFC 7888 (LITERAL+), RFC 2971 (ID),
 * RFC 5530 (response codes), RFC 8314 (no plain-text passwords), RFC 5802 and RFC 7628 (mechanisms).
 * Limits: `ImapLoginLimits`, small because anyone on the Internet may talk to this.
 * Security: what arrives before the TLS handshake is forgotten with it (STARTTLS injection). Passwords are refused
 *   before they are read where they would travel in the clear.
 */
import { decodeBase64, encodeBase64 } from '../../format/index.ts'
import {
  type LoginProof,
  type SaslAnswer,
  type SaslCredentials,
  saslMechanisms,
  type SaslQuestion,
  saslServer,
  type SaslServer,
  type SaslSetting,
  type SaslStep,
  withoutChannel,
} from '../sasl/index.ts'
import { parseIdParameters } from './command/id.ts'
import { Decoder } from './decoder.ts'
import { encodeLatin1 } from './encoder.ts'
import { ImapError, bad, no } from './error.ts'
import { utf8OfLatin1 } from './mailbox-name.ts'
import { CommandReader, type RawCommand } from './reader.ts'

export interface ImapLoginLimits {
  /** Octets of a line: a SASL response of three 255-octet fields, or a LOGIN, is far below it. */
  line: number
  /** Octets of a literal: names and passwords only. */
  literal: number
  /** Commands before login: a client needs about five. */
  commands: number
  /** Commands that are not IMAP, after which this is no IMAP client (a browser, a scanner). */
  badCommands: number
  /** Failed logins per connection: guessing gets no cheaper by keeping it. */
  failedLogins: number
}

export const defaultLoginLimits: ImapLoginLimits = {
  line: 8192,
  literal: 4096,
  commands: 50,
  badCommands: 5,
  failedLogins: 5,
}

export interface ImapLoginOptions {
  /** What the greeting names. */
  hostname: string
  /** `available`: STARTTLS is offered; `none`: there is no certificate. */
  tls: 'active' | 'available' | 'none'
  /** Passwords without TLS: loopback only. */
  plainAllowed: boolean
  /** What SCRAM needs; without it SCRAM is not offered. */
  sasl?: SaslSetting
  limits?: Partial<ImapLoginLimits>
}

export type ImapLoginEvent =
  /** Send these bytes. */
  | { type: 'reply'; bytes: Uint8Array }
  /** Send these bytes, do the handshake, then call `tlsStarted`. Nothing is read until then. */
  | { type: 'starttls'; bytes: Uint8Array }
  /**
   * Check this. Then either `loginFailed`, or hand the connection to a session with `takeRest()`. `rest` is what had
   * already come behind the command. Nothing is read until then.
   */
  | ({ type: 'login'; tag: string; login: string; rest: Uint8Array } & LoginProof)
  /** An exchange asks the accounts: then `answered`, or `loginFailed`. Nothing is read until then. */
  | { type: 'ask'; question: SaslQuestion }
  /** Send these bytes and close. */
  | { type: 'close'; bytes: Uint8Array }

interface Exchange {
  tag: string
  exchange: SaslServer
}

export class ImapLogin {
  readonly #options: ImapLoginOptions
  readonly #limits: ImapLoginLimits
  readonly #reader: CommandReader
  #tls: ImapLoginOptions['tls']
  #sasl: Exchange | undefined
  /** The answer to the last question, before it is given out. */
  #step: SaslStep | undefined
  /** Credentials were refused, and the client has been told why in a challenge; it has to respond before that is over. */
  #refusal: string | undefined
  #waiting: 'tls' | 'login' | 'closed' | undefined
  #loginTag = ''
  #commands = 0
  #badCommands = 0
  #failedLogins = 0

  constructor(options: ImapLoginOptions) {
    this.#options = options
    this.#limits = { ...defaultLoginLimits, ...options.limits }
    this.#tls = options.tls
    this.#reader = new CommandReader({
      line: this.#limits.line,
      literals: 2,
      discard: this.#limits.literal,
      // A client may pipeline its first commands behind LOGIN while the login is being checked.
      pending: 64 * 1024,
      admit: (command, literal) => this.#admitLiteral(command, literal.size),
    })
  }

  greeting(): Uint8Array {
    return encodeLatin1(`* OK [CAPABILITY ${this.#capabilities()}] ${this.#options.hostname} ready\r\n`)
  }

  /** Bytes from the client. */
  receive(chunk: Uint8Array): void {
    if (this.#waiting !== 'tls' && this.#waiting !== 'closed') this.#reader.receive(chunk)
  }

  /** What to do next; undefined: need more bytes, or the answer to the last event. */
  next(): ImapLoginEvent | undefined {
    if (this.#waiting === 'login' && this.#reader.overrun) return this.#close('* BYE Too much input before login\r\n')
    while (this.#waiting === undefined) {
      const step = this.#step
      this.#step = undefined
      if (step !== undefined) return this.#saslEvent(step)
      const event = this.#reader.next()
      if (event === undefined) return undefined
      if (event.type === 'continue') return reply('+ OK\r\n')
      if (event.type === 'line') return this.#saslResponse(event.line)
      if (event.type === 'error') {
        if (event.close) return this.#close(`* ${event.error.render()}`)
        return this.#refuse(event.tag, event.error)
      }
      return this.#command(event.command)
    }
    return undefined
  }

  /** The handshake is done: all state from before is gone (RFC 9051 §6.2.1). */
  tlsStarted(): void {
    this.#reader.reset()
    this.#tls = 'active'
    this.#waiting = undefined
    this.#sasl = undefined
  }

  /** The answer to `ask`. */
  answered(answer: SaslAnswer): void {
    this.#waiting = undefined
    this.#step = this.#sasl?.exchange.answered?.(answer)
  }

  /** The answer to `login` or `ask`: wrong credentials, or `temporary`, the store cannot be reached. `text` is shown. */
  loginFailed(failure: { temporary: boolean; text?: string }): Uint8Array {
    this.#waiting = undefined
    const exchange = this.#sasl?.exchange
    this.#sasl = undefined
    // The text comes from elsewhere, and must stay one line of ASCII (RFC 9051 §9, resp-text).
    const given = failure.text?.replace(/[^ -~]/g, '?')
    if (failure.temporary) {
      return encodeLatin1(`${this.#loginTag} ${no(given ?? 'Try again later', 'UNAVAILABLE').render()}`)
    }
    this.#failedLogins++
    const text = given ?? 'Wrong name or password'
    const refusal = `${this.#loginTag} ${no(text, 'AUTHENTICATIONFAILED').render()}`
    if (this.#failedLogins >= this.#limits.failedLogins) {
      this.#waiting = 'closed'
      return encodeLatin1(`${refusal}* BYE Too many failed logins\r\n`)
    }
    if (exchange?.failure === undefined) return encodeLatin1(refusal)
    this.#refusal = refusal
    this.#reader.expectLine()
    return encodeLatin1(`+ ${encodeBase64(exchange.failure)}\r\n`)
  }

  /** True once the connection is to be closed: after `close`, or a `loginFailed` that was one too many. */
  get closed(): boolean {
    return this.#waiting === 'closed'
  }

  /** All bytes received behind the login, also those that came since: the session's first input. */
  takeRest(): Uint8Array {
    return this.#reader.takeRest()
  }

  #command(command: RawCommand): ImapLoginEvent {
    if (++this.#commands > this.#limits.commands) return this.#close('* BYE Too many commands before login\r\n')
    try {
      return this.#run(command)
    } catch (error) {
      if (error instanceof ImapError) return this.#refuse(command.tag, error)
      throw error
    }
  }

  #run(command: RawCommand): ImapLoginEvent {
    const { tag, name } = command
    const decoder = new Decoder(command, { utf8: true, sequenceSet: 0 })
    switch (name) {
      case 'CAPABILITY':
        decoder.expectEnd()
        return reply(`* CAPABILITY ${this.#capabilities()}\r\n${tag} OK Capabilities listed\r\n`)
      case 'NOOP':
        decoder.expectEnd()
        return reply(`${tag} OK Nothing done\r\n`)
      case 'ID':
        decoder.expectSp()
        parseIdParameters(decoder)
        decoder.expectEnd()
        return reply(`* ID ("name" "facteur")\r\n${tag} OK Glad to know\r\n`)
      case 'LOGOUT':
        decoder.expectEnd()
        return this.#close(`* BYE Goodbye\r\n${tag} OK Logged out\r\n`)
      case 'STARTTLS':
        decoder.expectEnd()
        return this.#startTls(tag)
      case 'LOGIN':
        return this.#login(tag, decoder)
      case 'AUTHENTICATE':
        return this.#authenticate(tag, decoder)
      default:
        throw bad('Unknown command, or not before login')
    }
  }

  #startTls(tag: string): ImapLoginEvent {
    if (this.#tls === 'active') throw bad('TLS is already active')
    if (this.#tls === 'none') throw bad('TLS is not available')
    this.#waiting = 'tls'
    this.#reader.reset()
    return { type: 'starttls', bytes: encodeLatin1(`${tag} OK Begin TLS now\r\n`) }
  }

  #login(tag: string, decoder: Decoder): ImapLoginEvent {
    this.#demandPrivacy()
    decoder.expectSp()
    const login = utf8OfLatin1(decoder.expectAstring('a user name'))
    decoder.expectSp()
    const password = utf8OfLatin1(decoder.expectAstring('a password'))
    decoder.expectEnd()
    if (login === undefined || password === undefined)
      throw no('Name and password must be UTF-8', 'AUTHENTICATIONFAILED')
    return this.#check(tag, login, { password })
  }

  #authenticate(tag: string, decoder: Decoder): ImapLoginEvent {
    decoder.expectSp()
    const exchange = saslServer(decoder.expectAtom('a mechanism name'), this.#saslSetting)
    if (exchange === undefined) throw no('Unknown mechanism', 'CANNOT')
    this.#demandPrivacy()
    let initial: string | undefined
    if (decoder.sp()) initial = decoder.expectInitialResponse()
    decoder.expectEnd()
    this.#sasl = { tag, exchange }
    return initial === undefined ? this.#saslStep(undefined) : this.#saslResponse(initial === '=' ? '' : initial)
  }

  #saslResponse(line: string): ImapLoginEvent {
    const refusal = this.#refusal
    this.#refusal = undefined
    // Whatever it is: the exchange has failed (RFC 7628 §3.2.3).
    if (refusal !== undefined) return reply(refusal)
    const tag = this.#sasl?.tag ?? '*'
    if (line === '*') return this.#saslFailed(bad('Authentication cancelled'))
    const bytes = line === '' ? new Uint8Array(0) : decodeBase64(line)
    if (bytes === undefined || tag === '*') return this.#saslFailed(bad('Not base64'))
    return this.#saslStep(bytes)
  }

  #saslStep(response: Uint8Array | undefined): ImapLoginEvent {
    return this.#saslEvent((this.#sasl as Exchange).exchange.step(response))
  }

  #saslEvent(step: SaslStep): ImapLoginEvent {
    switch (step.type) {
      case 'challenge':
        this.#reader.expectLine()
        return reply(`+ ${encodeBase64(step.data)}\r\n`)
      case 'ask':
        this.#waiting = 'login'
        this.#loginTag = (this.#sasl as Exchange).tag
        return { type: 'ask', question: step.question }
      case 'malformed':
        return this.#saslFailed(bad('Malformed authentication message'))
      case 'refused':
        return this.#saslFailed(no(step.reason, 'AUTHENTICATIONFAILED'))
      case 'credentials':
        return this.#saslDone(step.credentials)
    }
  }

  #saslDone({ authorizationId, authenticationId, ...proof }: SaslCredentials): ImapLoginEvent {
    const { tag } = this.#sasl as Exchange
    if (authorizationId !== '' && authorizationId !== authenticationId) {
      return this.#saslFailed(no('Acting as another user is not possible', 'AUTHORIZATIONFAILED'))
    }
    return this.#check(tag, authenticationId, proof)
  }

  #saslFailed(error: ImapError): ImapLoginEvent {
    const tag = this.#sasl?.tag ?? '*'
    this.#sasl = undefined
    return this.#refuse(tag, error)
  }

  #check(tag: string, login: string, proof: LoginProof): ImapLoginEvent {
    this.#waiting = 'login'
    this.#loginTag = tag
    return { type: 'login', tag, login, ...proof, rest: this.#reader.peekRest() }
  }

  #refuse(tag: string, error: ImapError): ImapLoginEvent {
    if (this.#refusal !== undefined) return this.#saslResponse('')
    if (this.#sasl !== undefined && tag === '*') return this.#saslFailed(error)
    const line = `${tag} ${error.render()}`
    if (error.type === 'BAD' && ++this.#badCommands > this.#limits.badCommands) {
      return this.#close(`${line}* BYE Too many bad commands\r\n`)
    }
    return reply(line)
  }

  #close(text: string): ImapLoginEvent {
    this.#waiting = 'closed'
    return { type: 'close', bytes: encodeLatin1(text) }
  }

  /** A password literal is refused before the client sends it (RFC 9051 §11.1 has why). */
  #admitLiteral(command: RawCommand, size: number): ImapError | undefined {
    if (command.name === 'LOGIN' && !this.#private) return privacyRequired()
    if (size > this.#limits.literal) return bad('Literal too large', 'TOOBIG')
    return undefined
  }

  get #private(): boolean {
    return this.#tls === 'active' || this.#options.plainAllowed
  }

  #demandPrivacy(): void {
    if (!this.#private) throw privacyRequired()
  }

  /** Without TLS there is no channel to bind to. */
  get #saslSetting(): SaslSetting | undefined {
    return this.#tls === 'active' ? this.#options.sasl : withoutChannel(this.#options.sasl)
  }

  #capabilities(): string {
    const words = ['IMAP4rev2', 'IMAP4rev1', 'LITERAL+', 'SASL-IR', 'ID', 'ENABLE']
    if (this.#tls === 'available') words.push('STARTTLS')
    if (this.#private) words.push(...saslMechanisms(this.#saslSetting).map((name) => `AUTH=${name}`))
    else words.push('LOGINDISABLED')
    return words.join(' ')
  }
}

function privacyRequired(): ImapError {
  return no('Start TLS before you send a password', 'PRIVACYREQUIRED')
}

function reply(text: string): ImapLoginEvent {
  return { type: 'reply', bytes: encodeLatin1(text) }
}
