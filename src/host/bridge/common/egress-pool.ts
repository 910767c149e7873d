/**
 * Connections to other servers, kept for a moment after use and bounded per target.
 *
 * A busy destination is served over few connections with many messages each, instead of one connection per message.
 * Idle connections are short-lived: other servers count them.
 */

import type { EgressConnection } from './egress-connection.ts'

export interface EgressPoolLimits {
  readonly connectionsPerTarget: number
  readonly reuseMs: number
  readonly messagesPerConnection: number
  /** Kept at once, whatever the target. */
  readonly keptConnections: number
}

interface Idle {
  readonly key: string
  readonly connection: EgressConnection
  readonly timer: ReturnType<typeof setTimeout>
}

interface Target {
  busy: number
  idle: Idle[]
  waiting: (() => void)[]
}

export class EgressPool {
  readonly #limits: EgressPoolLimits
  readonly #targets = new Map<string, Target>()
  /** All that are kept, the one that was used longest ago first. */
  readonly #kept = new Set<Idle>()
  #closed = false

  constructor(limits: EgressPoolLimits) {
    this.#limits = limits
  }

  /** Takes a place at the target; false when none came free in time. Each true must be followed by one `leave`. */
  async enter(key: string, timeoutMs: number): Promise<boolean> {
    const target = this.#target(key)
    if (target.busy < this.#limits.connectionsPerTarget) {
      target.busy++
      return true
    }
    return new Promise((resolve) => {
      const come = (): void => {
        clearTimeout(timer)
        resolve(true)
      }
      const timer = setTimeout(() => {
        target.waiting = target.waiting.filter((waiting) => waiting !== come)
        resolve(false)
      }, timeoutMs)
      target.waiting.push(come)
    })
  }

  leave(key: string): void {
    const target = this.#target(key)
    const next = target.waiting.shift()
    // The place passes on without being free in between.
    if (next !== undefined) next()
    else target.busy--
    this.#forgetWhenUnused(key, target)
  }

  /** An idle connection that is still good; the one used last, so that surplus ones grow old. */
  take(key: string): EgressConnection | undefined {
    const target = this.#target(key)
    for (let idle = target.idle.pop(); idle !== undefined; idle = target.idle.pop()) {
      clearTimeout(idle.timer)
      this.#kept.delete(idle)
      if (idle.connection.ready) return idle.connection
    }
    return undefined
  }

  /** Keeps a connection for the next message, or closes it when it has done its share. */
  keep(key: string, connection: EgressConnection): void {
    const most = Math.min(this.#limits.messagesPerConnection, connection.limits.transactions ?? Infinity)
    if (this.#closed || !connection.ready || connection.transactions >= most) {
      connection.close()
      return
    }
    const target = this.#target(key)
    const idle: Idle = { key, connection, timer: setTimeout(() => this.#drop(idle), this.#limits.reuseMs) }
    target.idle.push(idle)
    this.#kept.add(idle)
    if (this.#kept.size <= this.#limits.keptConnections) return
    for (const oldest of this.#kept) return this.#drop(oldest)
  }

  /** Closes all idle connections and keeps none from now on. */
  close(): void {
    this.#closed = true
    for (const idle of this.#kept) this.#drop(idle)
  }

  #drop(idle: Idle): void {
    const target = this.#target(idle.key)
    clearTimeout(idle.timer)
    target.idle = target.idle.filter((other) => other !== idle)
    this.#kept.delete(idle)
    idle.connection.close()
    this.#forgetWhenUnused(idle.key, target)
  }

  #target(key: string): Target {
    let target = this.#targets.get(key)
    if (target === undefined) {
      target = { busy: 0, idle: [], waiting: [] }
      this.#targets.set(key, target)
    }
    return target
  }

  #forgetWhenUnused(key: string, target: Target): void {
    if (target.busy === 0 && target.idle.length === 0 && target.waiting.length === 0) this.#targets.delete(key)
  }
}
