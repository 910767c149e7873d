/**
 * The object's one alarm, shared by all that the account, or the list, has to do later: each task knows from the database when it is due,
 * and the alarm is set to the earliest.
 *
 * Cost: a row when the alarm moves. A later time than the one that is set costs nothing, and neither does an account that
 * has nothing to do.
 */
import { describe, type Log } from '../log.ts'

export interface AlarmTask {
  readonly name: string
  /** Milliseconds since the epoch, from durable state; undefined when there is nothing to do. */
  nextWakeup(): number | undefined
  /** Does what is due. Running it too often is harmless. */
  run(): Promise<void>
}

/** After a fault of ours: long enough not to spin, short enough not to be noticed. */
const afterFault = 60_000

export class AccountAlarm {
  readonly #storage: Pick<DurableObjectStorage, 'setAlarm'>
  readonly #log: Log
  readonly #tasks: AlarmTask[] = []
  /** Tasks that failed, and when they are tried again. */
  readonly #notBefore = new Map<AlarmTask, number>()
  readonly #wait: (milliseconds: number) => Promise<void>
  /** When it rings; undefined when not known in this life. */
  #at: number | undefined
  #setting: Promise<void> = Promise.resolve()

  constructor(
    storage: Pick<DurableObjectStorage, 'setAlarm'>,
    log: Log,
    wait: (milliseconds: number) => Promise<void> = (milliseconds) => scheduler.wait(milliseconds),
  ) {
    this.#storage = storage
    this.#log = log
    this.#wait = wait
  }

  add(task: AlarmTask): void {
    this.#tasks.push(task)
  }

  /** Rings at `at` or before. Joins the commit of the running event. */
  wakeAt(at: number): void {
    const now = Date.now()
    if (this.#at !== undefined && this.#at > now && this.#at <= at) return
    // The alarm of an earlier life is overwritten, but whatever it was set for is asked here.
    const next = Math.max(now, Math.min(at, this.#earliest()))
    this.#at = next
    this.#setting = this.#storage.setAlarm(next).catch((error: unknown) => {
      this.#at = undefined
      this.#log('error', 'the alarm could not be set', { error: describe(error) })
    })
  }

  /**
   * The alarm rang. Never rejects: the platform gives up on an alarm that keeps failing. While the next one cannot be set, as
   * on a full disk, this one is not over.
   */
  async ring(): Promise<void> {
    this.#at = undefined
    // Side by side: a push service that does not answer must not hold up a message that is due.
    await Promise.all(this.#tasks.map((task) => this.#run(task)))
    for (let next = this.#earliest(); next < Infinity; next = this.#earliest()) {
      this.wakeAt(next)
      await this.#setting
      if (this.#at !== undefined) return
      await this.#wait(afterFault)
    }
  }

  async #run(task: AlarmTask): Promise<void> {
    try {
      await task.run()
      this.#notBefore.delete(task)
    } catch (error) {
      // It is still due, and must not ring at once again; the others go on as they are.
      this.#notBefore.set(task, Date.now() + afterFault)
      this.#log('error', `${task.name} failed in the alarm`, { error: describe(error) })
    }
  }

  /** Infinity: nothing is to be done. A task that failed is due again whatever it says. */
  #earliest(): number {
    return Math.min(
      ...this.#tasks.map((task) => {
        const patience = this.#notBefore.get(task)
        const due = task.nextWakeup()
        return patience === undefined ? (due ?? Infinity) : Math.max(due ?? 0, patience)
      }),
    )
  }
}
