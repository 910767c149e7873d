/** The open connections of one service, and their orderly end. */

export interface Drainable {
  /** May end with the connection already gone and deleted from its set. */
  start(): void
  /** Send the client away as soon as nothing runs for it. */
  drain(): void
  destroy(): void
}

export class ConnectionSet {
  readonly #open = new Set<Drainable>()
  #draining = false
  #emptied: () => void = () => {}

  get size(): number {
    return this.#open.size
  }

  /** Counts the connection in and starts it; one that comes while all are sent away is sent away too. */
  start(connection: Drainable): void {
    this.#open.add(connection)
    connection.start()
    if (this.#draining && this.#open.has(connection)) connection.drain()
  }

  delete(connection: Drainable): void {
    this.#open.delete(connection)
    if (this.#open.size === 0) this.#emptied()
  }

  /** Sends all away; after `drainMs` cuts off who is left. Resolves when none is open. */
  async drain(drainMs: number): Promise<void> {
    this.#draining = true
    if (this.#open.size === 0) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        for (const connection of this.#open) connection.destroy()
      }, drainMs)
      this.#emptied = () => {
        clearTimeout(timer)
        resolve()
      }
      for (const connection of this.#open) connection.drain()
    })
  }
}
