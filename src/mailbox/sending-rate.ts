/**
 * How many recipients outside an account has sent to, hour by hour: what bounds the harm of a stolen password.
 *
 * Cost: counted in memory, written down when a twentieth of a limit or a minute has passed, so that a busy sender pays no row
 * for each message. What a crash forgets is that much.
 */
import type { AccountTable } from './account-table.ts'

/** Recipients outside; Infinity: no limit. */
export interface SendingLimits {
  perHour: number
  perDay: number
}

export type SendingRefusal = { limit: 'hour' | 'day'; most: number; /** Milliseconds since the epoch. */ again: number }

const hour = 3_600_000
const hoursKept = 24
const saveAfterMs = 60_000

export class SendingRate {
  readonly #account: AccountTable
  readonly #now: () => number
  /** Hours since the epoch, and recipients in each. */
  #counts: Map<number, number> | undefined
  #unsaved = 0
  #savedAt = 0

  constructor(account: AccountTable, now: () => number) {
    this.#account = account
    this.#now = now
  }

  /** Counts the recipients, unless they would be too many: then nothing is counted. */
  spend(recipients: number, limits: SendingLimits): SendingRefusal | undefined {
    const refusal = this.#refusal(recipients, limits)
    if (refusal === undefined) this.count(recipients, limits)
    return refusal
  }

  /** Counts them whatever the limits say: of a message that may not be refused any more. */
  count(recipients: number, limits: SendingLimits): void {
    const counts = this.#load()
    const present = Math.floor(this.#now() / hour)
    for (const past of counts.keys()) if (past <= present - hoursKept) counts.delete(past)
    counts.set(present, (counts.get(present) ?? 0) + recipients)
    this.#unsaved += recipients
    const tight = Math.min(limits.perHour, limits.perDay) / 20
    if (this.#unsaved >= tight || this.#now() - this.#savedAt >= saveAfterMs) this.#save()
  }

  /** In this hour, and in the last 24. */
  get sent(): { hour: number; day: number } {
    const present = Math.floor(this.#now() / hour)
    let day = 0
    for (const [past, count] of this.#load()) if (past > present - hoursKept) day += count
    return { hour: this.#load().get(present) ?? 0, day }
  }

  /** The account's own limits, 0 for none; undefined: the operator's settings hold. */
  get limits(): SendingLimits | undefined {
    const text = this.#account.get('send_limits')
    return typeof text === 'string' ? (JSON.parse(text) as SendingLimits) : undefined
  }

  setLimits(limits: SendingLimits | undefined): void {
    this.#account.set('send_limits', limits === undefined ? undefined : JSON.stringify(limits))
  }

  forget(): void {
    this.#counts = undefined
    this.#unsaved = 0
  }

  #refusal(recipients: number, { perHour, perDay }: SendingLimits): SendingRefusal | undefined {
    const sent = this.sent
    const present = Math.floor(this.#now() / hour)
    if (sent.hour + recipients > perHour) return { limit: 'hour', most: perHour, again: (present + 1) * hour }
    if (sent.day + recipients <= perDay) return undefined
    const oldest = Math.min(...[...this.#load().keys()].filter((past) => past > present - hoursKept), present)
    return { limit: 'day', most: perDay, again: (oldest + hoursKept) * hour }
  }

  #save(): void {
    this.#account.set('sent', JSON.stringify([...this.#load()]))
    this.#unsaved = 0
    this.#savedAt = this.#now()
  }

  #load(): Map<number, number> {
    const text = this.#account.get('sent')
    return (this.#counts ??= new Map(typeof text === 'string' ? (JSON.parse(text) as [number, number][]) : []))
  }
}
