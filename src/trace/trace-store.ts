/**
 * A day's traces: batches of events as they came, and the day's counters.
 *
 * Cost: a batch is one row, whatever it holds, and the counters are one more: at a hundred messages a second that is a
 * thirtieth of a row for each. Nothing is indexed; looking for an address reads the day, looking for a message only the ids in
 * it, which stand before the events in their rows.
 */
import { isMigrated, migrate, type Migration, type Sql } from '../storage/index.ts'
import { count, type Counters } from './counters.ts'
import type { CountedEvent, TraceEvent } from './event.ts'

const schema: readonly Migration[] = [
  `CREATE TABLE batch (id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, events TEXT NOT NULL);
   CREATE TABLE counters (id INTEGER PRIMARY KEY CHECK (id = 1), series TEXT NOT NULL)`,
  // The ids of the messages that a batch speaks of. In what was there before they are looked for among all else.
  `CREATE TABLE step (id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, ids TEXT NOT NULL,
     events TEXT NOT NULL);
   INSERT INTO step SELECT id, first, last, events, events FROM batch;
   DROP TABLE batch`,
]

/** Messages that speak of one address, or came from one. Addresses compare without case. */
export interface TraceSearch {
  readonly sender?: string
  readonly recipient?: string
  readonly messageId?: string
  /** Arrived at or after; ms since the epoch. */
  readonly since?: number
  readonly limit: number
}

/** Messages that are looked for at once. */
export const mostSought = 20

export class TraceStore {
  readonly #sql: Sql
  #isOpen: boolean

  constructor(sql: Sql) {
    this.#sql = sql
    this.#isOpen = isMigrated(sql)
    if (this.#isOpen) migrate(sql, schema)
  }

  /** False while nothing was recorded: such a day takes no space. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Keeps the events of messages, in the order given, and counts all. */
  add(counted: readonly CountedEvent[]): void {
    if (counted.length === 0) return
    if (!this.#isOpen) migrate(this.#sql, schema)
    this.#isOpen = true
    const counters = this.counters()
    count(counters, counted)
    const events = counted.filter((event) => event.type !== 'turned-away')
    const times = events.map(({ at }) => at)
    this.#sql.transaction(() => {
      const insert = 'INSERT INTO step (first, last, ids, events) VALUES (?, ?, ?, ?)'
      const ids = [...new Set(events.map(({ id }) => id))].join('\n')
      if (events.length > 0) {
        this.#sql.exec(insert, Math.min(...times), Math.max(...times), ids, JSON.stringify(events))
      }
      this.#sql.exec('INSERT OR REPLACE INTO counters VALUES (1, ?)', JSON.stringify(counters))
    })
  }

  /** All that happened to the messages that day, in order: one walk over the day, or what of it is not before `since`. */
  find(ids: readonly string[], since = 0): TraceEvent[] {
    const wanted = new Set(ids.filter((id) => id !== '').slice(0, mostSought))
    if (!this.#isOpen || wanted.size === 0) return []
    const anyOf = [...wanted].map(() => 'instr(ids, ?)').join(' OR ')
    const query = `SELECT events FROM step WHERE last >= ? AND (${anyOf}) ORDER BY id`
    const rows = this.#sql.exec<{ events: string }>(query, since, ...wanted)
    return rows.toArray().flatMap(({ events }) => read(events).filter((event) => wanted.has(event.id)))
  }

  /** Arrivals that match, newest first. */
  search(search: TraceSearch): TraceEvent[] {
    if (!this.#isOpen) return []
    const { since = 0, limit } = search
    const found: TraceEvent[] = []
    for (const { events } of this.#sql.exec<{ events: string }>(
      'SELECT events FROM step WHERE last >= ? ORDER BY id DESC',
      since,
    )) {
      for (const event of read(events).reverse()) if (event.at >= since && matches(event, search)) found.push(event)
      if (found.length >= limit) break
    }
    return found.slice(0, limit)
  }

  counters(): Counters {
    if (!this.#isOpen) return {}
    const [row] = this.#sql.exec<{ series: string }>('SELECT series FROM counters').toArray()
    return row === undefined ? {} : (JSON.parse(row.series) as Counters)
  }
}

function read(events: string): TraceEvent[] {
  return JSON.parse(events) as TraceEvent[]
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function matches(event: TraceEvent, { sender, recipient, messageId }: TraceSearch): boolean {
  if (event.type !== 'arrived') return false
  if (sender !== undefined && !same(event.sender, sender)) return false
  if (recipient !== undefined && !event.recipients.some((address) => same(address, recipient))) return false
  return messageId === undefined || event.messageId === messageId.replace(/^<|>$/g, '')
}
