/**
 * TCP as the bridge sees it: pairs of sockets with latency, that break when and where the plan says.
 */
import {
  type ConnectOptions,
  type Network,
  type Socket,
  type SocketEvents,
  type TlsFacts,
} from '../../src/host/bridge/common/socket.ts'
import type { Chance } from './chance.ts'
import { currentLife, type Life, liveIn } from './life.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What goes wrong on the way, whatever the two ends do. */
export interface Wire {
  /** Milliseconds in one direction. */
  latency: number
  /** The connection is gone after so many octets have come from the server, or from the client. */
  cutFromServer?: number
  cutFromClient?: number
  /** Octets come in pieces of this size at most, each for itself. */
  piece?: number
}

/** Who answers at an address. */
export interface Server {
  /** A wire for the connection, or how connecting fails. */
  admit(): Wire | 'refused' | 'silent'
  accept(socket: SimulatedSocket): void
}

export class SimulatedNetwork implements Network {
  readonly servers = new Map<string, Server>()
  readonly #time: VirtualTime
  readonly #chance: Chance

  constructor(time: VirtualTime, chance: Chance) {
    this.#time = time
    this.#chance = chance
  }

  connect({ address, timeoutMs }: ConnectOptions): Promise<Socket> {
    return this.open(address, timeoutMs, currentLife())
  }

  open(address: string, timeoutMs: number, life: Life | undefined): Promise<SimulatedSocket> {
    return new Promise((resolve, reject) => {
      const server = this.servers.get(address)
      const wire = server === undefined ? 'refused' : server.admit()
      const after = (milliseconds: number, then: () => void): void => {
        this.#time.after(milliseconds, () => {
          if (life === undefined) then()
          else if (life.alive) liveIn(life, then)
        })
      }
      if (server === undefined || wire === 'refused') {
        after(5, () => reject(new Error('ECONNREFUSED')))
      } else if (wire === 'silent') {
        after(timeoutMs, () => reject(new Error('ETIMEDOUT')))
      } else {
        after(wire.latency, () => {
          const client = new SimulatedSocket(this.#time, wire, 'client', address, life)
          const peer = new SimulatedSocket(this.#time, wire, 'server', address, undefined)
          client.join(peer)
          peer.join(client)
          server.accept(peer)
          resolve(client)
        })
      }
    })
  }

  listen(): Promise<never> {
    return Promise.reject(new Error('the simulated network listens by `servers`'))
  }

  resolve(): Promise<string[]> {
    // Others' servers, not our own doors.
    const others = [...this.servers.keys()].filter((address) => !address.startsWith('door '))
    return Promise.resolve([this.#chance.pick(others)])
  }
}

const nobody: SocketEvents = { data: () => undefined, end: () => undefined, close: () => undefined }
const facts: TlsFacts = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', verified: false }

export class SimulatedSocket implements Socket {
  readonly remote
  readonly local
  readonly backlog = 0
  tls: TlsFacts | undefined
  /** How this end meets a TLS handshake; by default it takes part. */
  meetTls: () => 'taken' | 'failed' | 'silent' = () => 'taken'
  readonly #time: VirtualTime
  readonly #wire: Wire
  readonly #role: 'client' | 'server'
  #life: Life | undefined
  #other: SimulatedSocket | undefined
  #events: SocketEvents | undefined
  #inbox: (() => void)[] = []
  #paused = false
  #sent = 0
  #arrival = 0
  #ended = false
  #closed = false

  constructor(time: VirtualTime, wire: Wire, role: 'client' | 'server', address: string, life: Life | undefined) {
    this.#time = time
    this.#wire = wire
    this.#role = role
    this.remote = { address: role === 'client' ? address : '198.51.100.9', port: role === 'client' ? 25 : 40_000 }
    this.local = { address: role === 'client' ? '198.51.100.9' : address, port: role === 'client' ? 40_000 : 25 }
    this.ownedBy(life)
  }

  /** When that life ends, so does the connection. */
  ownedBy(life: Life | undefined): void {
    this.#life = life
    life?.onEnd(() => {
      this.#events = undefined
      this.destroy()
    })
  }

  join(other: SimulatedSocket): void {
    this.#other = other
  }

  /** Octets that this end has sent. */
  get sent(): number {
    return this.#sent
  }

  get closed(): boolean {
    return this.#closed
  }

  channelBinding(): undefined {
    return undefined
  }

  handle(events: SocketEvents): void {
    this.#events = events
    this.#drain()
  }

  release(): void {
    this.#events = undefined
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#drain()
  }

  unread(bytes: Uint8Array): void {
    this.#inbox.unshift(() => this.#events?.data(bytes))
  }

  write(bytes: Uint8Array): boolean {
    return this.say(bytes, () => undefined)
  }

  /** Writes; `heard` is called when the last octet has been read at the other end. */
  say(bytes: Uint8Array, heard: () => void): boolean {
    if (this.#closed || this.#ended || bytes.length === 0) return true
    const limit = this.#role === 'client' ? this.#wire.cutFromClient : this.#wire.cutFromServer
    const room = limit === undefined ? bytes.length : Math.max(0, limit - this.#sent)
    const passed = bytes.subarray(0, room).slice()
    this.#sent += bytes.length
    const piece = this.#wire.piece ?? passed.length
    for (let start = 0; start < passed.length; start += piece) {
      const chunk = passed.subarray(start, start + piece)
      const isLast = start + piece >= bytes.length
      this.#send((other) => {
        if (other.#closed) return
        other.#events?.data(chunk)
        if (isLast) heard()
      })
    }
    if (room < bytes.length) this.#cut()
    return true
  }

  startTlsServer(): Promise<TlsFacts> {
    return new Promise((resolve, reject) => {
      const other = this.#other
      if (other === undefined || this.#closed) {
        reject(new Error('the connection is gone'))
        return
      }
      this.#awaitTls = { resolve, reject }
    })
  }

  #awaitTls: { resolve(facts: TlsFacts): void; reject(error: Error): void } | undefined

  startTlsClient({ timeoutMs, verify }: { timeoutMs: number; verify: boolean }): Promise<TlsFacts> {
    const life = this.#life
    return new Promise((resolve, reject) => {
      const then = (milliseconds: number, work: () => void): void => {
        this.#time.after(milliseconds, () => {
          if (life === undefined) work()
          else if (life.alive) liveIn(life, work)
        })
      }
      const fail = (milliseconds: number): void =>
        then(milliseconds, () => {
          this.destroy()
          reject(new Error('TLS handshake failed'))
        })
      const met = this.#other?.meetTls() ?? 'failed'
      if (met === 'silent') fail(timeoutMs)
      else if (met === 'failed' || verify) fail(this.#wire.latency)
      else {
        then(2 * this.#wire.latency, () => {
          if (this.#closed) {
            reject(new Error('the connection is gone'))
            return
          }
          this.tls = facts
          const other = this.#other as SimulatedSocket
          other.tls = facts
          other.#awaitTls?.resolve(facts)
          other.#awaitTls = undefined
          resolve(facts)
        })
      }
    })
  }

  end(): void {
    if (this.#closed || this.#ended) return
    this.#ended = true
    this.#send((other) => other.#peerEnded())
    this.#time.after(2_000, () => this.destroy())
  }

  destroy(): void {
    if (this.#closed) return
    this.#close(undefined)
    this.#send((other) => other.#close(new Error('ECONNRESET')))
  }

  #cut(): void {
    this.#send((other) => other.#close(new Error('ECONNRESET')))
    this.#time.after(this.#wire.latency, () => this.#close(new Error('EPIPE')))
  }

  /** Whatever is sent comes in order. */
  #send(event: (other: SimulatedSocket) => void): void {
    const other = this.#other
    if (other === undefined) return
    this.#arrival = Math.max(this.#arrival, this.#time.now + this.#wire.latency)
    this.#time.at(this.#arrival, () => {
      other.#inbox.push(() => event(other))
      other.#drain()
    })
  }

  #peerEnded(): void {
    if (this.#closed) return
    this.#events?.end()
    if (this.#ended) this.#close(undefined)
  }

  #close(cause: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#awaitTls?.reject(new Error('the connection is gone'))
    const events = this.#events ?? nobody
    const life = this.#life
    this.#time.after(0, () => {
      if (life === undefined) events.close(cause)
      else if (life.alive) liveIn(life, () => events.close(cause))
    })
  }

  #drain(): void {
    while (this.#events !== undefined && !this.#paused && this.#inbox.length > 0) {
      const event = this.#inbox.shift() as () => void
      const life = this.#life
      if (life === undefined) event()
      else if (life.alive) liveIn(life, event)
    }
  }
}
