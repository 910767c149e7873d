/**
 * A session that is parked while nobody says anything: its WebSocket is closed, its state waits at the Worker, and the first
 * octet of the client or the first news bring it back. Whoever pumps it does not notice.
 *
 * The client's input waits from the moment the session is asked for until it is back, so that none is lost and none comes
 * out of order. The Worker answers in the order of what it was sent: what it said before it parked the session is there.
 * Clients that soon have something to say again are asked later each time.
 */

import { Deadline } from './deadline.ts'
import type { ParkingChannel, ParkingTicket } from './parking-channel.ts'
import type { ParkablePipe, SessionEvents, SessionOpening, SessionPipe } from './session-socket.ts'
import { buffersPassed } from './young-collection.ts'

export interface ParkingTimes {
  /** Silence after which a session is parked. */
  readonly parkAfterMs: number
  /** The same for one that comes back again and again. */
  readonly parkAfterMostMs: number
}

export interface ParkableSessionPorts {
  readonly channel: Pick<ParkingChannel, 'ticket'>
  /** Opens the session that was parked under this id. Resolves in every case. */
  readonly reopen: (id: string) => Promise<SessionOpening<ParkablePipe>>
  readonly times: ParkingTimes
}

/** A rest of so many times what came before it was worth it: there and back takes the CPU time of ten commands. */
const worthwhile = 100
/**
 * A WebSocket that is closed leaves this much, in V8's heap and outside: a thousand idle clients made the bridge grow by 15 to 20 MB
 * of what nobody needed any more.
 */
const leftBehind = 80 * 1024

export class ParkableSession implements SessionPipe {
  readonly #ports: ParkableSessionPorts
  readonly #deadline = new Deadline(() => this.#askToPark())
  /** Absent while it is parked, and on the way back. */
  #pipe: ParkablePipe | undefined
  #ticket: ParkingTicket | undefined
  #events: SessionEvents | undefined
  /** The client's input, while the session may be on its way to the parking. */
  #held: Uint8Array[] = []
  #heldOctets = 0
  #wait: number
  #parkedAt = 0
  /** News came before it was parked. */
  #recalled = false
  #returning = false
  /** The client does not read. */
  #paused = false
  #over = false

  constructor(pipe: ParkablePipe, ports: ParkableSessionPorts) {
    this.#pipe = pipe
    this.#ports = ports
    this.#wait = ports.times.parkAfterMs
  }

  get backlog(): number {
    return (this.#pipe?.backlog ?? 0) + this.#heldOctets
  }

  handle(events: SessionEvents): void {
    this.#events = events
    this.#listen()
    this.#active()
  }

  input(bytes: Uint8Array): void {
    if (this.#pipe !== undefined && this.#ticket === undefined) {
      this.#active()
      this.#pipe.input(bytes)
      return
    }
    this.#held.push(bytes)
    this.#heldOctets += bytes.length
    if (this.#pipe === undefined) this.#return()
  }

  acknowledge(octets: number): void {
    // A session that was parked has forgotten what was under way.
    this.#pipe?.acknowledge(octets)
  }

  noMoreInput(): void {
    this.#pipe?.noMoreInput()
  }

  pause(): void {
    this.#paused = true
    this.#pipe?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#pipe?.resume()
  }

  close(): void {
    this.#end()
    this.#pipe?.close()
  }

  destroy(): void {
    this.#end()
    this.#pipe?.destroy()
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#deadline.close()
    // On its way there the answer decides; on its way back it is taken already.
    if (this.#pipe === undefined && !this.#returning) this.#ticket?.end(true)
  }

  #active(): void {
    this.#deadline.set(performance.now() + this.#wait)
  }

  #listen(): void {
    const events = this.#events
    if (events === undefined) return
    this.#pipe?.handle({
      ...events,
      output: (bytes) => {
        if (this.#ticket === undefined) this.#active()
        events.output(bytes)
      },
      leaving: () => {
        // The Worker will not park it, and must have what came before the client's wait.
        this.#stay()
        events.leaving()
      },
      parked: (parked) => {
        if (parked) this.#parked()
        else this.#refused()
      },
      close: () => {
        this.#ticket?.end(false)
        const isNews = !this.#over
        // Nobody will close what has closed: no timer may outlive it.
        this.#end()
        if (isNews) events.close()
      },
    })
  }

  #askToPark(): void {
    const pipe = this.#pipe
    if (this.#over || pipe === undefined || this.#ticket !== undefined) return
    if (this.#paused || pipe.backlog > 0) {
      this.#active()
      return
    }
    this.#recalled = false
    this.#ticket = this.#ports.channel.ticket(() => this.#recall())
    if (this.#ticket === undefined) {
      this.#wait = this.#longer
      this.#active()
    } else pipe.park(this.#ticket.id)
  }

  #recall(): void {
    this.#recalled = true
    if (this.#pipe === undefined) this.#return()
  }

  #parked(): void {
    const pipe = this.#pipe
    if (pipe === undefined || this.#ticket === undefined) return
    if (this.#over) {
      this.#ticket.end(true)
      return
    }
    this.#parkedAt = performance.now()
    this.#pipe = undefined
    // Its end is not the session's.
    pipe.handle(nothing)
    pipe.close()
    buffersPassed(leftBehind)
    if (this.#recalled || this.#heldOctets > 0) this.#return()
  }

  /** It is not asked again before something has been said: that would wake its object for nothing. */
  #refused(): void {
    if (this.#ticket === undefined || this.#over) return
    this.#wait = this.#longer
    this.#stay()
  }

  /** It goes on where it is. */
  #stay(): void {
    this.#ticket?.end(false)
    this.#ticket = undefined
    this.#flush()
  }

  get #longer(): number {
    return Math.min(2 * this.#wait, this.#ports.times.parkAfterMostMs)
  }

  #return(): void {
    if (this.#returning || this.#over || this.#ticket === undefined) return
    this.#returning = true
    void this.#comeBack(this.#ticket)
  }

  async #comeBack(ticket: ParkingTicket): Promise<void> {
    const opening = await this.#ports.reopen(ticket.id)
    this.#returning = false
    this.#ticket = undefined
    ticket.end(opening.type === 'refused')
    if (opening.type === 'refused') {
      if (!this.#over) this.#events?.close()
      return
    }
    const { socket } = opening
    if (this.#over) {
      socket.close()
      return
    }
    const rested = performance.now() - this.#parkedAt
    this.#wait = rested < worthwhile * this.#wait ? this.#longer : this.#ports.times.parkAfterMs
    this.#pipe = socket
    this.#listen()
    if (this.#paused) socket.pause()
    this.#flush()
    this.#active()
  }

  #flush(): void {
    const held = this.#held
    this.#held = []
    this.#heldOctets = 0
    for (const bytes of held) this.#pipe?.input(bytes)
  }
}

const ignore = (): void => {}
const nothing: SessionEvents = {
  output: ignore,
  finished: ignore,
  compress: ignore,
  leaving: ignore,
  left: ignore,
  broken: ignore,
  close: ignore,
  relieved: ignore,
}
