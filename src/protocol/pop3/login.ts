/**
 * The AUTHORIZATION state: everything a client may say before it has shown who it is. It knows no mail.
 *
 * Standards: RFC 1939 §4, §7 (USER, PASS); RFC 2449 §5 (CAPA); RFC 2595 §4 (STLS); RFC 5034 (AUTH, with an initial
 * response); RFC 3206 (why a login failed); RFC 6856 §2, §3 (UTF8, LANG); RFC 8314 (no plain-text passwords).
 * APOP is not offered: it needs passwords that the server can read.
 * Limits: `Pop3LoginLimits`, small because anyone on the Internet may talk to this.
 * Security: what arrives before the TLS handshake is forgotten with it (STARTTLS injection). The answer to USER does not
 *   say whether there is such a user.
 */
import { decodeBase64, encodeBase64, encodeUtf8, decodeUtf8, fromLatin1 } from '../../format/index.ts'
import {
  type LoginProof,
  type SaslAnswer,
  saslMechanisms,
  type SaslQuestion,
  saslServer,
  type SaslServer,
  type SaslSetting,
  type SaslStep,
  withoutChannel,
} from '../sasl/index.ts'
import { capabilities, language, type Pop3Setting } from './capability.ts'
import { expectArguments, parseLang, words } from './command.ts'
import { Pop3Error, type Pop3ResponseCode } from './error.ts'
import { LineReader } from './line-reader.ts'

export interface Pop3LoginLimits {
  /** Octets of a line: a SASL response of three 255-octet fields is far below it. */
  readonly line: number
  /** Commands before login: a client needs about six. */
  readonly commands: number
  /** Lines that are not POP3, after which this is no POP3 client (a browser, a scanner). */
  readonly badCommands: number
  /** Failed logins per connection: guessing gets no cheaper by keeping it. */
  readonly failedLogins: number
}

export const defaultLoginLimits: Pop3LoginLimits = { line: 8192, commands: 50, badCommands: 5, failedLogins: 5 }

export interface Pop3LoginOptions {
  /** What the greeting names. */
  readonly hostname: string
  readonly tls: Pop3Setting['tls']
  /** Passwords without TLS: loopback only. */
  readonly plainAllowed: boolean
  /** What SCRAM needs; without it SCRAM is not offered. */
  readonly sasl?: SaslSetting
  readonly limits?: Partial<Pop3LoginLimits>
}

export type Pop3LoginEvent =
  /** Send these bytes. */
  | { type: 'reply'; bytes: Uint8Array }
  /** Send these bytes, do the handshake, then call `tlsStarted`. Nothing is read until then. */
  | { type: 'starttls'; bytes: Uint8Array }
  /**
   * Check this. Then either `loginFailed`, or hand the connection to a session, which says `+OK`, with `takeRest()`.
   * Nothing is read until then.
   */
  | ({ type: 'login'; tag: ''; login: string } & LoginProof)
  /** An exchange asks the accounts: then `answered`, or `loginFailed`. Nothing is read until then. */
  | { type: 'ask'; question: SaslQuestion }
  /** Send these bytes and close. */
  | { type: 'close'; bytes: Uint8Array }

export class Pop3Login {
  readonly #options: Pop3LoginOptions
  readonly #limits: Pop3LoginLimits
  readonly #reader: LineReader
  #tls: Pop3Setting['tls']
  #user: string | undefined
  #sasl: SaslServer | undefined
  /** The answer to the last question, before it is given out. */
  #step: SaslStep | undefined
  /** Credentials were refused, and the client has been told why in a challenge; it has to respond before that is over. */
  #refusal: Pop3Error | undefined
  /** The client said UTF8. Names and passwords are UTF-8 either way; the session sends messages as they are stored. */
  #utf8 = false
  #waiting: 'tls' | 'login' | 'closed' | undefined
  #commands = 0
  #badCommands = 0
  #failedLogins = 0

  constructor(options: Pop3LoginOptions) {
    this.#options = options
    this.#limits = { ...defaultLoginLimits, ...options.limits }
    this.#tls = options.tls
    // A client may pipeline its first commands behind the login while that is being checked.
    this.#reader = new LineReader({ line: this.#limits.line, pending: 64 * 1024 })
  }

  /** Without a timestamp, which would offer APOP (RFC 1939 §7). */
  greeting(): Uint8Array {
    return encodeUtf8(`+OK ${this.#options.hostname} POP3 ready\r\n`)
  }

  /** Bytes from the client. */
  receive(chunk: Uint8Array): void {
    if (this.#waiting !== 'tls' && this.#waiting !== 'closed') this.#reader.receive(chunk)
  }

  /** What to do next; undefined: need more bytes, or the answer to the last event. */
  next(): Pop3LoginEvent | undefined {
    if (this.#waiting === 'login' && this.#reader.overrun) return this.#close('Too much input before login')
    if (this.#waiting !== undefined) return undefined
    const step = this.#step
    this.#step = undefined
    if (step !== undefined) return this.#guarded(() => this.#saslEvent(this.#sasl as SaslServer, step))
    const line = this.#reader.next()
    if (line === undefined) return undefined
    if (line.type === 'too-long') return this.#close('Line too long')
    const refusal = this.#refusal
    this.#refusal = undefined
    // Whatever it is: the exchange has failed (RFC 7628 §3.2.3).
    if (refusal !== undefined) return reply(refusal.render())
    if (this.#sasl === undefined && ++this.#commands > this.#limits.commands) {
      return this.#close('Too many commands before login')
    }
    return this.#guarded(() =>
      this.#sasl === undefined ? this.#run(line.text) : this.#saslResponse(this.#sasl, line.text),
    )
  }

  #guarded(work: () => Pop3LoginEvent): Pop3LoginEvent {
    try {
      return work()
    } catch (error) {
      if (error instanceof Pop3Error) return this.#refuse(error)
      throw error
    }
  }

  /** The handshake is done: all state from before is gone (RFC 2595 §4). */
  tlsStarted(): void {
    this.#reader.reset()
    this.#tls = 'active'
    this.#waiting = undefined
    this.#user = undefined
    this.#utf8 = false
  }

  /** The answer to `ask`. */
  answered(answer: SaslAnswer): void {
    this.#waiting = undefined
    this.#step = this.#sasl?.answered?.(answer)
  }

  /** The answer to `login` or `ask`: wrong credentials, or `temporary`, or what `code` says. `text` is shown. */
  loginFailed(failure: { temporary: boolean; text?: string; code?: Pop3ResponseCode }): Uint8Array {
    this.#waiting = undefined
    const exchange = this.#sasl
    this.#sasl = undefined
    const { temporary, code = temporary ? 'SYS/TEMP' : 'AUTH' } = failure
    const text = failure.text ?? (temporary ? 'Try again later' : 'Wrong name or password')
    const refusal = new Pop3Error(text, code)
    if (!temporary && ++this.#failedLogins >= this.#limits.failedLogins) this.#waiting = 'closed'
    if (temporary || this.closed || exchange?.failure === undefined) return encodeUtf8(refusal.render())
    this.#refusal = refusal
    return encodeUtf8(`+ ${encodeBase64(exchange.failure)}\r\n`)
  }

  /** True once the connection is to be closed: after `close`, or a `loginFailed` that was one too many. */
  get closed(): boolean {
    return this.#waiting === 'closed'
  }

  /** What the session has to know of the time before it. */
  get facts(): { utf8?: true; bound?: true } {
    const bound = this.#mechanisms.includes('SCRAM-SHA-256-PLUS')
    return { ...(this.#utf8 && { utf8: true }), ...(bound && { bound }) }
  }

  /** All bytes received behind the login, also those that came since: the session's first input. */
  takeRest(): Uint8Array {
    return this.#reader.takeRest()
  }

  #run(line: string): Pop3LoginEvent {
    const [keyword = '', ...given] = words(line)
    const name = keyword.toUpperCase()
    switch (name) {
      case 'CAPA':
        expectArguments(name, given, 0, 0)
        return reply(capabilities({ tls: this.#tls, mechanisms: this.#private ? this.#mechanisms : [] }))
      case 'QUIT':
        expectArguments(name, given, 0, 0)
        this.#waiting = 'closed'
        return { type: 'close', bytes: encodeUtf8('+OK Goodbye\r\n') }
      case 'STLS':
        expectArguments(name, given, 0, 0)
        return this.#startTls()
      case 'UTF8':
        expectArguments(name, given, 0, 0)
        this.#utf8 = true
        return reply('+OK UTF-8 it is\r\n')
      case 'LANG':
        return reply(language(parseLang(given).tag))
      case 'USER':
        this.#demandPrivacy()
        this.#user = credential(line)
        return reply('+OK Now the password\r\n')
      case 'PASS':
        return this.#password(line)
      case 'AUTH':
        return this.#authenticate(given)
      default:
        throw new Pop3Error('Unknown command, or not before login')
    }
  }

  #startTls(): Pop3LoginEvent {
    if (this.#tls === 'active') throw new Pop3Error('TLS is already active')
    if (this.#tls === 'none') throw new Pop3Error('TLS is not available')
    // RFC 6856 §2.1: UTF8 comes after STLS, or it would be forgotten.
    if (this.#utf8) throw new Pop3Error('STLS comes before UTF8')
    this.#waiting = 'tls'
    this.#reader.reset()
    return { type: 'starttls', bytes: encodeUtf8('+OK Begin TLS now\r\n') }
  }

  #password(line: string): Pop3LoginEvent {
    this.#demandPrivacy()
    const user = this.#user
    this.#user = undefined
    if (user === undefined) throw new Pop3Error('USER comes before PASS')
    return this.#check(user, { password: credential(line) })
  }

  #authenticate(given: readonly string[]): Pop3LoginEvent {
    expectArguments('AUTH', given, 0, 2)
    const [mechanism, initial] = given
    this.#demandPrivacy()
    if (mechanism === undefined) return reply(`+OK Mechanisms follow\r\n${this.#mechanisms.join('\r\n')}\r\n.\r\n`)
    const exchange = saslServer(mechanism, this.#saslSetting)
    if (exchange === undefined) throw new Pop3Error('Unknown mechanism')
    this.#sasl = exchange
    return initial === undefined ? this.#saslStep(exchange, undefined) : this.#saslResponse(exchange, initial)
  }

  #saslResponse(exchange: SaslServer, line: string): Pop3LoginEvent {
    this.#sasl = undefined
    if (line === '*') throw new Pop3Error('Authentication cancelled')
    // `=` stands for an empty initial response (RFC 5034 §4).
    const bytes = line === '' || line === '=' ? new Uint8Array(0) : decodeBase64(line)
    if (bytes === undefined) throw new Pop3Error('Not base64')
    return this.#saslStep(exchange, bytes)
  }

  #saslStep(exchange: SaslServer, response: Uint8Array | undefined): Pop3LoginEvent {
    return this.#saslEvent(exchange, exchange.step(response))
  }

  #saslEvent(exchange: SaslServer, step: SaslStep): Pop3LoginEvent {
    this.#sasl = undefined
    if (step.type === 'malformed') throw new Pop3Error('Malformed authentication message')
    if (step.type === 'refused') throw new Pop3Error(step.reason, 'AUTH')
    this.#sasl = exchange
    if (step.type === 'challenge') return reply(`+ ${encodeBase64(step.data)}\r\n`)
    if (step.type === 'ask') {
      this.#waiting = 'login'
      return { type: 'ask', question: step.question }
    }
    const { authorizationId, authenticationId, ...proof } = step.credentials
    if (authorizationId !== '' && authorizationId !== authenticationId) {
      this.#sasl = undefined
      throw new Pop3Error('Acting as another user is not possible', 'AUTH')
    }
    return this.#check(authenticationId, proof)
  }

  #check(login: string, proof: LoginProof): Pop3LoginEvent {
    this.#waiting = 'login'
    return { type: 'login', tag: '', login, ...proof }
  }

  #refuse(error: Pop3Error): Pop3LoginEvent {
    if (++this.#badCommands > this.#limits.badCommands) return this.#close('Too many bad commands')
    return reply(error.render())
  }

  #close(text: string): Pop3LoginEvent {
    this.#waiting = 'closed'
    return { type: 'close', bytes: encodeUtf8(new Pop3Error(text).render()) }
  }

  get #mechanisms(): readonly string[] {
    return saslMechanisms(this.#saslSetting)
  }

  /** Without TLS there is no channel to bind to. */
  get #saslSetting(): SaslSetting | undefined {
    return this.#tls === 'active' ? this.#options.sasl : withoutChannel(this.#options.sasl)
  }

  get #private(): boolean {
    return this.#tls === 'active' || this.#options.plainAllowed
  }

  #demandPrivacy(): void {
    if (!this.#private) throw new Pop3Error('Start TLS before you send a password')
  }
}

/** The one argument of USER and PASS: all behind the first space, since passwords have spaces (RFC 1939 §7). */
function credential(line: string): string {
  const octets = fromLatin1(line.slice(5))
  const text = decodeUtf8(octets)
  if (octets.length === 0) throw new Pop3Error(`${line.slice(0, 4).toUpperCase()} needs an argument`)
  if (text.includes('\0') || text.includes('\uFFFD')) throw new Pop3Error('Name and password must be UTF-8', 'AUTH')
  return text
}

function reply(text: string): Pop3LoginEvent {
  return { type: 'reply', bytes: encodeUtf8(text) }
}
