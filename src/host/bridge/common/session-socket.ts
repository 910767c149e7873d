/**
 * The WebSocket that leads into an account's object, for one logged-in client.
 *
 * The login travels in a header of the upgrade request, base64url so that any octet passes; the answer to the upgrade is
 * the answer to the login.
 */

import type { Socket as NodeStream } from 'node:net'
import { WebSocket } from 'ws'
import type { LoginProof } from '../../../protocol/sasl/index.ts'
import { AheadAnswers, type AheadOffer } from './ahead-answers.ts'
import { openWorkerSocket, type WorkerAddress } from './worker-socket.ts'

export type SessionRequest = { readonly protocol: string } & SessionLogin

/** `login` is empty when only the token says whose it is. */
export type SessionLogin = {
  readonly login: string
  readonly tag: string
  readonly clientAddress: string
  readonly tls: boolean
  /** The connection is compressed already, from before an UNAUTHENTICATE. */
  readonly compressed?: true
} & SessionFacts &
  LoginProof

/** What a POP3 client has said or shown before its login. */
export interface SessionFacts {
  /** It takes messages with UTF-8 in their headers (RFC 6856 §2.1). */
  readonly utf8?: true
  /** Logins can be bound to its connection. */
  readonly bound?: true
}

export type SessionOpening<Pipe extends SessionPipe = SessionPipe> =
  | { readonly type: 'open'; readonly socket: Pipe }
  | { readonly type: 'refused'; readonly temporary: boolean; readonly text: string; readonly code?: 'IN-USE' }

export interface SessionSocketOptions extends WorkerAddress {
  readonly timeoutMs: number
}

const maxRefusal = 4096
/** A frame of output; the object sends far smaller ones. */
const maxPayload = 32 * 1024 * 1024

/** Opens the session; resolves in every case. */
export function openSession(
  options: SessionSocketOptions,
  request: SessionRequest,
): Promise<SessionOpening<ParkablePipe>> {
  const session = Buffer.from(JSON.stringify(request)).toString('base64url')
  return open(options, 'bridge/session', { 'Facteur-Session': session })
}

/** Opens a session that was parked under `id`; resolves in every case. */
export function reopenSession(options: SessionSocketOptions, id: string): Promise<SessionOpening<ParkablePipe>> {
  return open(options, `bridge/parked/${id}`, {})
}

function open(
  options: SessionSocketOptions,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<SessionOpening<ParkablePipe>> {
  const socket = openWorkerSocket(options, path, {
    headers,
    handshakeTimeout: options.timeoutMs,
    maxPayload,
  })
  return new Promise((resolve) => {
    const session = new SessionSocket(socket)
    socket.once('open', () => resolve({ type: 'open', socket: session }))
    socket.once('error', () => resolve({ type: 'refused', temporary: true, text: '' }))
    socket.once('unexpected-response', (request, response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        if (body.length < maxRefusal) body += text
      })
      const done = (): void => {
        request.destroy()
        // A wrong bridge secret must not look like a wrong password: what concerns the client's credentials comes
        // with a JSON text, the Worker's own refusals without.
        const { text, code } = refusalOf(body)
        const permanent = [400, 401, 403].includes(response.statusCode ?? 0) && text !== undefined
        resolve({ type: 'refused', temporary: !permanent, text: text ?? '', ...(code === 'IN-USE' ? { code } : {}) })
      }
      response.once('end', done)
      response.once('error', done)
      response.once('close', done)
    })
  })
}

function refusalOf(body: string): { text?: string; code?: unknown } {
  try {
    const { text, code } = JSON.parse(body) as { text?: unknown; code?: unknown }
    return { code, ...(typeof text === 'string' ? { text: text.slice(0, 200) } : {}) }
  } catch {
    return {}
  }
}

export interface SessionEvents {
  /** Protocol bytes for the client. */
  output(bytes: Uint8Array): void
  /** The object has said its last: close when everything is written. */
  finished(): void
  /** So many octets of output from now on go out as they are; behind them both directions are compressed (RFC 4978). */
  compress(after: number): void
  /** The client is leaving the account: give no more input (RFC 8437). */
  leaving(): void
  /** What the client has sent behind its leave; a close follows. */
  left(rest: Uint8Array): void
  /** The answer to `park`. Parked: the object knows of the session no more, and nothing comes after this. */
  parked?(parked: boolean): void
  /** What the object said could not be followed. */
  broken(error: unknown): void
  /** The last event. */
  close(): void
  /** The system has taken some of what `input` was given. */
  relieved(): void
}

/** Both directions of an open session; events that come before `handle` are kept. */
export interface SessionPipe {
  /** Bytes given to `input` that the system has not taken. */
  readonly backlog: number
  handle(events: SessionEvents): void
  input(bytes: Uint8Array): void
  acknowledge(octets: number): void
  noMoreInput(): void
  pause(): void
  resume(): void
  close(): void
  destroy(): void
}

export interface ParkablePipe extends SessionPipe {
  /** Asks the object to keep the session's state under this id until somebody comes for it. */
  park(id: string): void
}

export class SessionSocket implements ParkablePipe {
  readonly #socket: WebSocket
  #stream: NodeStream | undefined
  #events: SessionEvents | undefined
  #early: (() => void)[] = []
  readonly #ahead = new AheadAnswers()
  /** Pieces of input given to the object. */
  #forwarded = 0
  /** Input that waits for answers the object is about to send ahead. */
  #held: Uint8Array | undefined

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('upgrade', (response) => {
      this.#stream = response.socket
    })
    socket.on('message', (data, binary) => {
      try {
        this.#receive(data as Buffer, binary)
      } catch (error) {
        // A Worker of another version, or a bug: it may cost this session, but not the process with everybody's.
        this.#tell((events) => events.broken(error))
      }
    })
    socket.on('close', () => this.#tell((events) => events.close()))
    // A 'close' follows.
    socket.on('error', () => {})
  }

  #receive(bytes: Buffer, binary: boolean): void {
    if (!binary) this.#control(bytes)
    else if (this.#ahead.announced) {
      this.#ahead.fill(bytes, this.#forwarded)
      this.#goOn()
    } else this.#tell((events) => events.output(bytes))
  }

  /** Bytes given to `input` that the system has not taken. */
  get backlog(): number {
    return this.#socket.bufferedAmount + (this.#held?.length ?? 0)
  }

  handle(events: SessionEvents): void {
    this.#events = events
    const early = this.#early
    this.#early = []
    for (const tell of early) tell()
  }

  /** Bytes from the client: for the object, but for what it has answered ahead. */
  input(bytes: Uint8Array): void {
    if (this.#held !== undefined) {
      this.#held = Buffer.concat([this.#held, bytes])
      return
    }
    const rest = this.#ahead.answer(bytes, (answer) => this.#tell((events) => events.output(answer)))
    this.#sayTaken(this.#ahead.told(false))
    if (rest.length === 0) return
    if (this.#ahead.awaited) {
      this.#held = rest
      return
    }
    this.#sayTaken(this.#ahead.told(true))
    this.#ahead.forget()
    this.#forwarded++
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(rest, { binary: true }, this.#taken)
  }

  /** Not the stream's 'drain': that comes only above a mark of the stream's own, which may lie above our limit. */
  readonly #taken = (): void => this.#tell((events) => events.relieved())

  /** So many more octets have reached the client: the object may send as many again. */
  acknowledge(octets: number): void {
    this.#say(JSON.stringify({ ack: octets }))
  }

  /** No more input comes: the object may hand back what it has not used. */
  noMoreInput(): void {
    this.#say('{"rest":true}')
  }

  park(id: string): void {
    this.#say(JSON.stringify({ park: id }))
  }

  pause(): void {
    this.#stream?.pause()
  }

  resume(): void {
    this.#stream?.resume()
  }

  close(): void {
    this.#socket.close(1000)
  }

  destroy(): void {
    this.#socket.terminate()
  }

  /**
   * `{"close": true}`: the object has said its last. `{"alive": true}`: it asks whether anybody is here. `{"hold": true}`:
   * it is about to send answers ahead. `{"ahead": …}`: the next bytes are these. `{"compress": n}`: so many octets behind
   * this both directions are compressed. `{"unauthenticate": true}`: the client goes back to the login, once `{"rest": true}`
   * has been answered by what is left of its input, in base64. `{"parked": …}` answers `park`.
   */
  #control(text: Uint8Array): void {
    const control = controlOf(text)
    if (control.hold === true) this.#ahead.expect()
    if (control.ahead !== undefined) {
      this.#ahead.announce(control.ahead)
      this.#goOn()
    }
    const { compress, rest, parked } = control
    if (typeof compress === 'number') this.#tell((events) => events.compress(compress))
    if (control.unauthenticate === true) this.#tell((events) => events.leaving())
    if (typeof rest === 'string') this.#tell((events) => events.left(Buffer.from(rest, 'base64')))
    if (typeof parked === 'boolean') this.#tell((events) => events.parked?.(parked))
    if (control.close === true) this.#tell((events) => events.finished())
    if (control.alive === true) this.#say('{"alive":true}')
  }

  /** What was held back may be answered now, or must be forwarded. */
  #goOn(): void {
    const held = this.#held
    if (held === undefined || this.#ahead.awaited) return
    this.#held = undefined
    this.input(held)
    this.#tell((events) => events.relieved())
  }

  #sayTaken(taken: number): void {
    if (taken > 0) this.#say(JSON.stringify({ taken }))
  }

  #say(control: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(control, () => {})
  }

  #tell(tell: (events: SessionEvents) => void): void {
    if (this.#events === undefined) this.#early.push(() => this.#events !== undefined && tell(this.#events))
    else tell(this.#events)
  }
}

interface Control {
  readonly close?: unknown
  readonly alive?: unknown
  readonly hold?: unknown
  readonly ahead?: AheadOffer
  readonly compress?: unknown
  readonly unauthenticate?: unknown
  readonly rest?: unknown
  readonly parked?: unknown
}

function controlOf(text: Uint8Array): Control {
  try {
    return (JSON.parse(new TextDecoder().decode(text)) ?? {}) as Control
  } catch {
    return {}
  }
}
