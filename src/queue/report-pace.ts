/**
 * Reports to one address leave at a pace: so many in an hour at once, the others one after the other behind them.
 *
 * Who is named as the sender need not have sent anything. Without a pace, whoever finds an alias that leads nowhere could have
 * us flood whom they like with reports (backscatter). Nothing is dropped: each report has its turn, only later.
 *
 * Limits: addresses remembered, the oldest forgotten first; a turn for each entry that waits for one. Both end with the
 * object's life: then reports may once more go at once, as many as in an hour.
 */

const HOUR = 3_600_000
const mostAddresses = 10_000

export class ReportPace {
  /** Milliseconds that a report costs. */
  readonly #cost: number
  /** When all reports so far would be paid off (the generic cell rate algorithm). */
  readonly #paidBy = new Map<string, number>()
  readonly #turns = new Map<number, number>()

  constructor(perHour: number) {
    this.#cost = HOUR / perHour
  }

  /** When the report on the entry with this key may leave: `now`, or later, and then the same time until it has come. */
  turn(key: number, address: string, now: number): number {
    const promised = this.#turns.get(key)
    if (promised !== undefined && promised > now) return promised
    this.#turns.delete(key)
    if (promised !== undefined) return now
    const turn = Math.max(now, this.#pay(address.toLowerCase(), now) - HOUR)
    if (turn > now) this.#turns.set(key, turn)
    return turn
  }

  #pay(address: string, now: number): number {
    const paidBy = Math.max(now, this.#paidBy.get(address) ?? now) + this.#cost
    this.#paidBy.delete(address)
    this.#paidBy.set(address, paidBy)
    const oldest = this.#paidBy.size > mostAddresses ? this.#paidBy.keys().next().value : undefined
    if (oldest !== undefined) this.#paidBy.delete(oldest)
    return Math.ceil(paidBy)
  }
}
