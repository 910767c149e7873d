/**
 * Which entry is due next: a binary heap over times, so that a backlog of a hundred thousand costs a handful of steps.
 */

interface Appointment {
  at: number
  id: number
}

/** One time for each id. Changing or dropping a time leaves the old appointment in the heap; it is skipped when met. */
export class Agenda {
  readonly #heap: Appointment[] = []
  readonly #times = new Map<number, number>()

  get size(): number {
    return this.#times.size
  }

  has(id: number): boolean {
    return this.#times.has(id)
  }

  /** Replaces the id's earlier time. Infinity keeps the id without an appointment. */
  set(id: number, at: number): void {
    if (this.#times.get(id) === at) return
    this.#times.set(id, at)
    if (at === Infinity) return
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#times.size) this.#rebuild()
    else this.#push({ at, id })
  }

  delete(id: number): void {
    this.#times.delete(id)
  }

  /** The earliest time; undefined when there is none. */
  earliest(): number | undefined {
    this.#skipStale()
    return this.#heap[0]?.at
  }

  /** Takes the earliest entry out when it is due at `now`, ties by age. */
  takeDue(now: number): number | undefined {
    this.#skipStale()
    const top = this.#heap[0]
    if (top === undefined || top.at > now) return undefined
    this.#pop()
    this.#times.delete(top.id)
    return top.id
  }

  #skipStale(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#times.get(top.id) === top.at) return
      this.#pop()
    }
  }

  #rebuild(): void {
    this.#heap.length = 0
    for (const [id, at] of this.#times) if (at !== Infinity) this.#push({ at, id })
  }

  #push(appointment: Appointment): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(appointment)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(appointment, heap[parent] as Appointment)) break
      heap[index] = heap[parent] as Appointment
      index = parent
    }
    heap[index] = appointment
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Appointment, heap[child] as Appointment)) child++
      if (!before(heap[child] as Appointment, last)) break
      heap[index] = heap[child] as Appointment
      index = child
    }
    heap[index] = last
  }
}

function before(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id)
}
