/**
 * Which entry is due next, and which of those that are due goes first: so that a backlog of a hundred thousand costs a
 * handful of steps.
 *
 * Standards: RFC 6710 §5.2 (what has a higher priority goes first).
 */
import { Heap } from './heap.ts'

interface Appointment {
  readonly at: number
  readonly id: number
  readonly priority: number
}

/** One time for each id. Changing or dropping a time leaves the old appointment in its heap; it is skipped when met. */
export class Agenda {
  readonly #coming = new Heap<Appointment>(earlier)
  /** Found to be due, for the order in which they go. */
  readonly #due = new Heap<Appointment>(moreUrgent)
  readonly #known = new Map<number, Appointment>()

  get size(): number {
    return this.#known.size
  }

  has(id: number): boolean {
    return this.#known.has(id)
  }

  /** Replaces the id's earlier time. Infinity keeps the id without an appointment. */
  set(id: number, at: number, priority = 0): void {
    const known = this.#known.get(id)
    if (known?.at === at && known.priority === priority) return
    const appointment = { at, id, priority }
    this.#known.set(id, appointment)
    if (at === Infinity) return
    const kept = this.#coming.size + this.#due.size
    if (kept > 64 && kept > 4 * this.#known.size) this.#rebuild()
    else this.#coming.push(appointment)
  }

  delete(id: number): void {
    this.#known.delete(id)
  }

  /** The earliest time; undefined when there is none. */
  earliest(): number | undefined {
    const due = this.#first(this.#due)
    const coming = this.#first(this.#coming)
    if (due === undefined) return coming?.at
    return coming === undefined ? due.at : Math.min(due.at, coming.at)
  }

  /** Takes the most urgent of the entries that are due at `now`: by priority, then by time, then by age. */
  takeDue(now: number): number | undefined {
    for (let next = this.#first(this.#coming); next !== undefined && next.at <= now; next = this.#first(this.#coming)) {
      this.#coming.pop()
      this.#due.push(next)
    }
    const top = this.#first(this.#due)
    if (top === undefined) return undefined
    this.#due.pop()
    this.#known.delete(top.id)
    return top.id
  }

  #first(heap: Heap<Appointment>): Appointment | undefined {
    for (let top = heap.first; top !== undefined; top = heap.first) {
      if (this.#known.get(top.id) === top) return top
      heap.pop()
    }
    return undefined
  }

  #rebuild(): void {
    this.#coming.clear()
    this.#due.clear()
    for (const appointment of this.#known.values()) if (appointment.at !== Infinity) this.#coming.push(appointment)
  }
}

function earlier(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id)
}

function moreUrgent(a: Appointment, b: Appointment): boolean {
  return a.priority > b.priority || (a.priority === b.priority && earlier(a, b))
}
