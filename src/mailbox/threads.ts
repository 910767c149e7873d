/**
 * The emails of threads, as JMAP sees them: one scan of the account's columns for any number of threads.
 *
 * Standards: RFC 8621 §3, §4.1.1.
 */
import { Bitmap } from './bitmap.ts'
import type { EmailId, ThreadId } from './ids.ts'
import type { Views } from './views.ts'

export class Threads {
  readonly #views: Views
  readonly #highest: () => number

  constructor(views: Views, highest: () => number) {
    this.#views = views
    this.#highest = highest
  }

  of(ids: readonly ThreadId[]): ReadonlyMap<ThreadId, readonly EmailId[]> {
    const account = this.#views.account()
    const highest = this.#highest()
    const wanted = new Bitmap(highest)
    for (const id of ids) if (id <= highest) wanted.add(id)
    const rows = new Map<ThreadId, number[]>()
    for (let row = 0; row < account.length; row++) {
      const thread = account.threads[row] as ThreadId
      if (!wanted.has(thread) || account.isDeletedAt(row)) continue
      const found = rows.get(thread)
      if (found === undefined) rows.set(thread, [row])
      else found.push(row)
    }
    const threads = new Map<ThreadId, readonly EmailId[]>()
    for (const [thread, found] of rows) {
      found.sort((a, b) => (account.received[a] as number) - (account.received[b] as number) || a - b)
      threads.set(
        thread,
        found.map((row) => account.emails[row] as EmailId),
      )
    }
    return threads
  }
}
