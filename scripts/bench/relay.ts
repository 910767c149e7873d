/**
 * Mail for elsewhere: taken in by submission, queued, and sent on to fifty domains that take everything.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cpuMilliseconds } from './cpu.ts'
import type { SinkCounts, SinkPlace } from './sink.ts'
import { ingest, type Sender } from './smtp.ts'

const DOMAINS = 50
/** Somebody in each domain of the sink. */
export const sinkRecipients = Array.from({ length: DOMAINS }, (_, index) => `r@d${index}.relay.test`)
const MESSAGES = 2_000
const SESSIONS = 16
const SIZE = 4_096
/** After the last message was taken: a relay that lost one must not keep the bench for ever. */
const PATIENCE_MS = 60_000

export class Sink {
  readonly place: SinkPlace
  readonly #child

  private constructor(child: ReturnType<typeof fork>, place: SinkPlace) {
    this.#child = child
    this.place = place
  }

  /** `firstPeerPort`: a peer without our DNS has a route for each domain, to a port on 127.0.0.1, from here on. */
  static async start(firstPeerPort?: number): Promise<Sink> {
    const ports = firstPeerPort === undefined ? [] : Array.from({ length: DOMAINS }, (_, i) => firstPeerPort + i)
    const child = fork(join(import.meta.dirname, 'sink.ts'), [String(DOMAINS), ports.join(',')])
    const [place] = (await once(child, 'message')) as [SinkPlace]
    return new Sink(child, place)
  }

  async ask(order: 'reset' | 'read'): Promise<SinkCounts> {
    this.#child.send(order)
    const [counts] = (await once(this.#child, 'message')) as [SinkCounts]
    return counts
  }

  /** Waits for that many messages since the reset. */
  async received(messages: number): Promise<SinkCounts> {
    const begun = performance.now()
    let counts = await this.ask('read')
    while (counts.messages < messages) {
      if (performance.now() - begun > PATIENCE_MS) {
        throw new Error(`only ${counts.messages} of ${messages} messages came through`)
      }
      await delay(20)
      counts = await this.ask('read')
    }
    return counts
  }

  stop(): void {
    this.#child.disconnect()
    this.#child.kill()
  }
}

export interface RelayResult {
  readonly acceptedPerSecond: number
  /** From the first connection of the generator to the last message at the sink. */
  readonly deliveredPerSecond: number
  readonly connections: number
  /** Milliseconds a message. */
  readonly cpu: number
}

export async function relay(sink: Sink, port: number, sender: Sender, pids: readonly number[]): Promise<RelayResult> {
  await sink.ask('reset')
  const before = cpuMilliseconds(pids)
  const start = performance.timeOrigin + performance.now()
  const { perSecond } = await ingest(port, sinkRecipients, SESSIONS, MESSAGES, SIZE, sender)
  const counts = await sink.received(MESSAGES)
  return {
    acceptedPerSecond: perSecond,
    deliveredPerSecond: MESSAGES / ((counts.last - start) / 1000),
    connections: counts.connections,
    cpu: (cpuMilliseconds(pids) - before) / MESSAGES,
  }
}
