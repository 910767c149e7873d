/**
 * The searches of a selected mailbox whose results the client follows.
 *
 * Standards: RFC 5267 §4.3 (UPDATE), §4.3.1 (NOUPDATE).
 * Limits: their number, and the octets of what is kept of them over a session's sleep.
 */
import type { Output } from '../../session/index.ts'
import type { SequenceMap } from '../sequence-map.ts'
import type { KeptSearch } from '../session-state.ts'
import { LiveSearch } from './live-search.ts'

const maxSearches = 8
/** Octets of all their terms. */
const maxTerms = 1024
/** The order of more is not kept up to date. */
const maxSorted = 10_000

export class LiveSearches {
  #searches: LiveSearch[] = []
  /** Tags of those that were not kept, with the client not told yet. */
  #lost: string[] = []
  /** UIDs of messages that are new or changed since the results were last looked at. */
  readonly #touched = new Set<number>()

  get all(): readonly LiveSearch[] {
    return this.#searches
  }

  /** Is the tag taken? */
  has(tag: string): boolean {
    return this.#searches.some(({ terms }) => terms.tag === tag) || this.#lost.includes(tag)
  }

  /** False: there is no room for another. */
  add(search: LiveSearch): boolean {
    const terms = this.#searches.reduce((sum, { written }) => sum + written.length, search.written.length)
    if (this.#searches.length >= maxSearches || terms > maxTerms) return false
    if (search.terms.criteria !== undefined && search.results.length > maxSorted) return false
    this.#searches.push(search)
    return true
  }

  /** The results of this one are not to be had any more: the client is told with the next news. */
  lose(tag: string): void {
    this.cancel([tag])
    this.#lost.push(tag)
  }

  cancel(tags: readonly string[]): void {
    this.#searches = this.#searches.filter(({ terms }) => !tags.includes(terms.tag))
    this.#lost = this.#lost.filter((tag) => !tags.includes(tag))
  }

  /** These messages are new or have changed. */
  touch(uids: readonly number[]): void {
    if (this.#searches.length > 0) for (const uid of uids) this.#touched.add(uid)
  }

  /** What has been touched since the last time. */
  takeTouched(): number[] {
    const touched = [...this.#touched].sort((a, b) => a - b)
    this.#touched.clear()
    return touched
  }

  /** Tags of those that nothing more will be heard of. */
  takeLost(): string[] {
    return this.#lost.splice(0)
  }

  get hasNews(): boolean {
    return this.#touched.size + this.#lost.length > 0
  }

  /** These messages are gone. Told while their numbers still count, so before EXPUNGE (RFC 5267 §4.3.4). */
  leave(output: Output, gone: ReadonlySet<number>, map: SequenceMap): void {
    for (const search of this.#searches) {
      if (!search.results.some((uid) => gone.has(uid))) continue
      const left = search.results.filter((uid) => !gone.has(uid))
      output.text(search.become(left, map))
    }
  }

  /** What to keep within so many octets. Results that have no room are left out. */
  state(map: SequenceMap, limit: number): KeptSearch[] {
    let room = limit
    const kept = this.#searches.map(({ terms, written, results }): KeptSearch => {
      const set = map.compactSet([...results].sort((a, b) => a - b))
      const fits = set.length <= room
      if (fits) room -= set.length
      return { tag: terms.tag, terms: written, ...(fits && { results: set }) }
    })
    return [...kept, ...this.#lost.map((tag) => ({ tag, terms: '' }))]
  }
}
