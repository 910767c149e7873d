/**
 * What became of a day's messages, as a Durable Object named by the day (`2026-11-23`, UTC). When its time is over it
 * forgets everything at once, which costs nothing a row.
 */
import { DurableObject } from 'cloudflare:workers'
import { type CountedEvent, type Counters, type TraceEvent, type TraceSearch, TraceStore } from '../../trace/index.ts'
import type { TraceDoor } from './doors.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'
import { nameOf } from './object-name.ts'
import { settingsOf } from './settings.ts'
import { durableSql } from './sql.ts'

const DAY_MS = 86_400_000
/**
 * Every queue sends its own events; written down as they come, they would be as many commits as all mail. What a crash takes
 * with it is the last moment's events.
 */
const GATHER_MS = 250

export class TraceObject extends DurableObject<Env> implements TraceDoor {
  #store: TraceStore
  #gathered: CountedEvent[] = []
  #willWrite = false
  #isArmed = false

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new TraceStore(durableSql(ctx.storage))
  }

  async add(events: CountedEvent[]): Promise<void> {
    this.#gathered.push(...events)
    if (!this.#willWrite) this.ctx.waitUntil(this.#writeSoon())
  }

  find(ids: string[], since?: number): TraceEvent[] {
    this.#write()
    return this.#store.find(ids, since)
  }

  search(search: TraceSearch): TraceEvent[] {
    this.#write()
    return this.#store.search(search)
  }

  counters(): Counters {
    this.#write()
    return this.#store.counters()
  }

  override async alarm(): Promise<void> {
    this.#gathered = []
    this.#isArmed = false
    await this.ctx.storage.deleteAll()
    this.#store = new TraceStore(durableSql(this.ctx.storage))
  }

  async #writeSoon(): Promise<void> {
    this.#willWrite = true
    await scheduler.wait(GATHER_MS)
    this.#willWrite = false
    try {
      this.#write()
      await this.#arm()
    } catch (error) {
      log('error', 'events of the trace are lost', { error: describe(error) })
    }
  }

  /** Once in a life it is made sure that the day is forgotten when its time is over. */
  async #arm(): Promise<void> {
    if (this.#isArmed) return
    this.#isArmed = true
    if ((await this.ctx.storage.getAlarm()) !== null) return
    const { traceDays } = settingsOf(this.env)
    await this.ctx.storage.setAlarm(Date.parse(nameOf(this.ctx)) + (traceDays + 1) * DAY_MS)
  }

  #write(): void {
    if (this.#gathered.length > 0) this.#store.add(this.#gathered.splice(0))
  }
}
