/**
 * What became of a day's messages, as a Durable Object named by the day (`2026-11-23`, UTC). When its time is over it
 * forgets everything at once, which costs nothing a row.
 */
import { DurableObject } from 'cloudflare:workers'
import { type Counters, type TraceEvent, type TraceSearch, TraceStore } from '../../trace/index.ts'
import type { TraceDoor } from './doors.ts'
import type { Env } from './env.ts'
import { nameOf } from './object-name.ts'
import { settingsOf } from './settings.ts'
import { durableSql } from './sql.ts'

const DAY_MS = 86_400_000

export class TraceObject extends DurableObject<Env> implements TraceDoor {
  #store: TraceStore

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new TraceStore(durableSql(ctx.storage))
  }

  async add(events: TraceEvent[]): Promise<void> {
    const isNew = !this.#store.isOpen
    this.#store.add(events)
    if (!isNew) return
    const { traceDays } = settingsOf(this.env)
    await this.ctx.storage.setAlarm(Date.parse(nameOf(this.ctx)) + (traceDays + 1) * DAY_MS)
  }

  find(id: string): TraceEvent[] {
    return this.#store.find(id)
  }

  search(search: TraceSearch): TraceEvent[] {
    return this.#store.search(search)
  }

  counters(): Counters {
    return this.#store.counters()
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
    this.#store = new TraceStore(durableSql(this.ctx.storage))
  }
}
