/**
 * A search whose results a client follows: kept from nothing but the first answer and the updates.
 *
 * Standards: RFC 5267 §4.3 (ADDTO, REMOVEFROM; what is gone leaves before EXPUNGE).
 */
import type { Ranges } from './cursor.ts'
import type { Known, MailboxView } from './mailbox-view.ts'
import type { ExtendedSearch } from './search-response.ts'

/** Keys that a client can check by the flags it knows. */
export const followedKeys = {
  ALL: () => true,
  UNSEEN: (flags: readonly string[]) => !flags.includes('\\seen'),
  'FLAGGED NOT DELETED': (flags: readonly string[]) => flags.includes('\\flagged') && !flags.includes('\\deleted'),
  'OR KEYWORD red ANSWERED': (flags: readonly string[]) => flags.includes('red') || flags.includes('\\answered'),
} as const

export type FollowedKey = keyof typeof followedKeys

export class FollowedSearch {
  readonly #key: FollowedKey
  readonly #uid: boolean
  /** UIDs, or messages that were told by number. */
  readonly #members = new Set<number | Known>()

  constructor(key: FollowedKey, uid: boolean) {
    this.#key = key
    this.#uid = uid
  }

  /** The first answer, or an update. Throws for what is added twice, or taken out that is not in. */
  apply(response: ExtendedSearch, view: MailboxView): void {
    if (response.uid !== this.#uid) throw new Error('an update in UIDs of a search in numbers, or the other way round')
    const { updates, sets } = response
    const changes = updates.length > 0 ? updates : sets.map((set) => ({ adds: true, position: 0, set }))
    for (const { adds, position, set } of changes) {
      if (position !== 0) throw new Error('a position where nothing is sorted (RFC 5267 §4.3)')
      for (const number of numbers(set)) this.#change(adds, this.#uid ? number : view.messages()[number - 1])
    }
  }

  #change(adds: boolean, member: number | Known | undefined): void {
    if (member === undefined) throw new Error('an update names a message that is not there')
    if (adds === this.#members.has(member)) throw new Error(adds ? 'added twice' : 'taken out, but was not in')
    if (adds) this.#members.add(member)
    else this.#members.delete(member)
  }

  /** What should be in and is not, or is and should not be. */
  differences(actual: readonly { uid: number; flags: readonly string[] }[]): string[] {
    const holds = followedKeys[this.#key]
    const wanted = actual.filter(({ flags }) => holds(flags.map((flag) => flag.toLowerCase()))).map(({ uid }) => uid)
    const known = [...this.#members].map((member) => (typeof member === 'number' ? member : member.uid))
    const missing = wanted.filter((uid) => !known.includes(uid)).map((uid) => `${this.#key} lacks UID ${uid}`)
    return [
      ...missing,
      ...known.filter((uid) => !wanted.includes(uid ?? 0)).map((uid) => `${this.#key} has UID ${uid}`),
    ]
  }
}

function numbers(set: Ranges): number[] {
  return set.flatMap(([first, last]) => {
    const [low, high] = [Math.min(first, last), Math.max(first, last)]
    return Array.from({ length: high - low + 1 }, (_, index) => low + index)
  })
}
