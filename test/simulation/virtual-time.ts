/**
 * Time that moves from one event to the next: five days pass in the milliseconds that their events take.
 *
 * An event runs, then every promise that it settled is followed to its end, and only then comes the next event: so the code
 * between two awaits is one step, as on an event loop, and the same seed gives the same steps.
 */

export class Timer {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined

  constructor(at: number, order: number, run: () => void) {
    this.at = at
    this.order = order
    this.run = run
  }

  cancel(): void {
    this.run = undefined
  }
}

export class VirtualTime {
  /** Milliseconds since the epoch. */
  now: number
  readonly start: number
  /** Events so far. */
  steps = 0
  readonly #heap: Timer[] = []
  #order = 0
  /** Work of the real world that is under way, such as a signature that the platform computes. */
  realWork = 0

  constructor(start: number) {
    this.now = start
    this.start = start
  }

  at(time: number, run: () => void): Timer {
    const timer = new Timer(Math.max(time, this.now), this.#order++, run)
    this.#push(timer)
    return timer
  }

  after(milliseconds: number, run: () => void): Timer {
    return this.at(this.now + milliseconds, run)
  }

  /** Milliseconds since the beginning. */
  get passed(): number {
    return this.now - this.start
  }

  /** Runs events up to `until`, `afterEach` behind each of them. Rejects with whatever an event or `afterEach` throws. */
  run(until: number, afterEach: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        if (this.realWork > 0) {
          setImmediateOfNode(step)
          return
        }
        try {
          afterEach()
          const timer = this.#next(until)
          if (timer === undefined) {
            this.now = Math.max(this.now, until)
            resolve()
            return
          }
          this.now = timer.at
          this.steps++
          timer.run?.()
        } catch (error) {
          reject(error)
          return
        }
        // A tick that a microtask asks for comes when no microtask is left.
        queueMicrotask(tick)
      }
      const tick = (): void => process.nextTick(step)
      step()
    })
  }

  #next(until: number): Timer | undefined {
    const heap = this.#heap
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      if (top.run !== undefined && top.at > until) return undefined
      this.#pop()
      if (top.run !== undefined) return top
    }
    return undefined
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(timer)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(timer, heap[parent] as Timer)) break
      heap[index] = heap[parent] as Timer
      index = parent
    }
    heap[index] = timer
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child++
      if (!before(heap[child] as Timer, last)) break
      heap[index] = heap[child] as Timer
      index = child
    }
    heap[index] = last
  }
}

const setImmediateOfNode = setImmediate

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
