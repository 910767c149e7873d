/**
 * One Durable Object: storage and an alarm that outlive it, lives that come and go, and the output gate.
 *
 * What is imitated, from Cloudflare's documentation and workerd's source: writes of one event are one commit; nothing that
 * an object says is heard before its writes are durable; an alarm is gone only when its handler has ended well, never runs
 * beside itself, and is given up after six retries of a handler that throws.
 */
import type { Chance } from './chance.ts'
import type { Database } from './database.ts'
import { Life, liveIn } from './life.ts'
import type { Timer, VirtualTime } from './virtual-time.ts'

/** The classes under test: their methods are called by name. */
export type ObjectInstance = Record<string, ((...values: unknown[]) => unknown) | undefined>

export interface ObjectHouse {
  time: VirtualTime
  chance: Chance
  construct(context: object): ObjectInstance
  /** After each commit. */
  committed(object: DurableObjectOfTest): void
  note(line: string): void
}

export interface Caller {
  answered(value: unknown): void
  failed(error: Error): void
}

const mostAlarmRetries = 6

export class DurableObjectOfTest {
  readonly kind: string
  readonly name: string
  readonly database: Database
  readonly #house: ObjectHouse
  #life: Life | undefined
  #instance: ObjectInstance | undefined
  #dirty = false
  #waiters: (() => void)[] = []
  #alarm: number | null = null
  #alarmInEvent: number | null | undefined
  #alarmTimer: Timer | undefined
  #ringing = false
  /** An alarm was set while the handler of the last one runs. */
  #isReplaced = false
  #alarmFailures = 0
  /** Once: the next commit fails, which ends the life (a disk that is full notices it then, too). */
  failsNextCommit = false
  /** How long the disk takes, at most. */
  slowestCommit = 0

  constructor(kind: string, name: string, database: Database, house: ObjectHouse) {
    this.kind = kind
    this.name = name
    this.database = database
    this.#house = house
    database.onBegin = () => this.#begin()
  }

  get label(): string {
    return `${this.kind} ${this.name}`
  }

  /** Something is written and not durable yet. */
  get dirty(): boolean {
    return this.#dirty
  }

  get life(): Life | undefined {
    return this.#life
  }

  /** The alarm that is on disk. */
  get alarm(): number | null {
    return this.#alarm
  }

  /** Runs a method of the present life, or of a new one. Its answer leaves when all that was written is durable. */
  call(method: string, values: readonly unknown[], caller: Caller): void {
    let life: Life
    try {
      life = this.#enter()
    } catch (error) {
      caller.failed(error as Error)
      return
    }
    const off = life.onEnd(() => caller.failed(new Error('Network connection lost.')))
    const instance = this.#instance as ObjectInstance
    void liveIn(life, async () => {
      try {
        const run = instance[method]
        if (run === undefined) throw new Error(`${this.label} has no method ${method}`)
        const value = await run.apply(instance, [...values])
        this.gate(() => {
          if (!life.alive) return
          off()
          caller.answered(value)
        })
      } catch (error) {
        this.gate(() => {
          if (!life.alive) return
          off()
          caller.failed(error as Error)
        })
      }
    })
  }

  /** Calls `open` when nothing that was written so far can be lost any more. Never, if the life ends before. */
  gate(open: () => void): void {
    if (this.#dirty) this.#waiters.push(open)
    else open()
  }

  /** The life ends here and now. `kept`: what it wrote last had just reached the disk. */
  crash(kept: boolean): void {
    const life = this.#life
    if (life === undefined) return
    this.#waiters = []
    if (this.#dirty) {
      if (kept) this.#keep()
      else {
        this.database.rollback()
        this.#alarmInEvent = undefined
      }
      this.#dirty = false
      if (kept) this.#house.committed(this)
    }
    this.#life = undefined
    this.#instance = undefined
    this.#ringing = false
    life.end()
    // A handler that was under way is run again; what it had set instead stands.
    if (this.#alarm !== null) this.#setTimer(Math.max(this.#alarm, this.#house.time.now + 1_000))
  }

  /** What was written without a life is there to stay; for the beginning of a run. */
  keep(): void {
    this.#keep()
    this.#dirty = false
    this.#house.committed(this)
  }

  /** An alarm of an earlier life; for the beginning of a run. */
  appoint(at: number): void {
    this.#alarm = Math.min(at, this.#alarm ?? Infinity)
    this.#setTimer(this.#alarm)
  }

  /** No events any more; for the end of a run. */
  close(): void {
    this.#alarmTimer?.cancel()
    this.#life?.end()
  }

  #enter(): Life {
    if (this.#life !== undefined) return this.#life
    const life = new Life(this.label)
    this.#life = life
    try {
      this.#instance = liveIn(life, () => this.#house.construct(this.#context(life)))
    } catch (error) {
      this.#house.note(`${this.label}: its constructor throws ${String(error)}`)
      this.crash(false)
      throw error
    }
    return life
  }

  #begin(): void {
    this.#becomeDirty()
  }

  #becomeDirty(): void {
    if (this.#dirty) return
    this.#dirty = true
    const { time, chance } = this.#house
    const life = this.#life
    const wait = this.slowestCommit === 0 || chance.happens(0.5) ? 0 : chance.duration(1, this.slowestCommit)
    time.after(wait, () => {
      if (this.#life !== life || !this.#dirty) return
      if (this.failsNextCommit) {
        this.failsNextCommit = false
        this.#house.note(`${this.label}: its commit fails`)
        this.crash(false)
        return
      }
      this.#keep()
      this.#dirty = false
      const waiters = this.#waiters
      this.#waiters = []
      this.#house.committed(this)
      for (const open of waiters) open()
    })
  }

  #keep(): void {
    this.database.commit()
    if (this.#alarmInEvent === undefined) return
    this.#alarm = this.#alarmInEvent
    this.#isReplaced = true
    this.#alarmInEvent = undefined
    this.#alarmFailures = 0
    if (this.#alarm === null) this.#alarmTimer?.cancel()
    else this.#setTimer(this.#alarm)
  }

  #setTimer(at: number): void {
    this.#alarmTimer?.cancel()
    this.#alarmTimer = this.#house.time.at(at, () => this.#ring())
  }

  #ring(): void {
    if (this.#alarm === null || this.#ringing) return
    this.#ringing = true
    this.#isReplaced = false
    const over = (retryAfter: number | undefined): void => {
      this.#ringing = false
      // Set meanwhile: that one stands, and may be due already.
      if (this.#isReplaced) {
        if (this.#alarm !== null) this.#setTimer(this.#alarm)
      } else if (retryAfter === undefined) {
        this.#alarm = null
        this.#alarmFailures = 0
      } else this.#setTimer(this.#house.time.now + retryAfter)
    }
    this.call('alarm', [], {
      answered: () => over(undefined),
      failed: (error) => {
        // A crash has re-armed it already.
        if (error.message === 'Network connection lost.') return
        this.#house.note(`${this.label}: its alarm throws ${error.message}`)
        this.#alarmFailures++
        if (this.#alarmFailures > mostAlarmRetries) {
          this.#house.note(`${this.label}: its alarm is given up`)
          over(undefined)
        } else over(2_000 * 2 ** this.#alarmFailures)
      },
    })
  }

  #context(life: Life): object {
    const only = <T>(value: T): Promise<T> =>
      life.alive ? Promise.resolve(value) : new Promise<never>(() => undefined)
    const setAlarm = (at: number | null): Promise<void> => {
      if (!life.alive) return only(undefined)
      if (this.database.refusal !== undefined) return Promise.reject(new Error(this.database.refusal))
      this.#alarmInEvent = at
      this.#becomeDirty()
      return only(undefined)
    }
    const storage = {
      sql: { exec: (query: string, ...bindings: unknown[]) => this.database.exec(query, ...bindings) },
      transactionSync: <T>(work: () => T): T => this.database.transactionSync(work),
      setAlarm: (at: number | Date) => setAlarm(Number(at)),
      deleteAlarm: () => setAlarm(null),
      getAlarm: () => only(this.#visibleAlarm()),
      sync: () => new Promise<void>((resolve) => this.gate(resolve)),
    }
    return {
      id: { name: this.name },
      storage,
      waitUntil: (work: Promise<unknown>) => {
        work.catch((error: unknown) => this.#house.note(`${this.label}: waitUntil was rejected: ${String(error)}`))
      },
      getWebSockets: () => [],
      setWebSocketAutoResponse: () => undefined,
      blockConcurrencyWhile: <T>(work: () => Promise<T>) => work(),
    }
  }

  #visibleAlarm(): number | null {
    if (this.#alarmInEvent !== undefined) return this.#alarmInEvent
    return this.#ringing && !this.#isReplaced ? null : this.#alarm
  }
}
