/**
 * Answers to the text conditions of one query while the octets they need are being fetched.
 *
 * A query is synchronous and may meet many messages that are in the blob store. What cannot be answered at once is noted
 * and taken for "no" until it can; the query is then run again, and every answer is remembered, so that no message is read
 * twice and none has to stay in memory.
 *
 * Limits: `maxOpen` questions before the query is interrupted, `lanes` messages read at once.
 */
import { AbsentOctets } from '../held-octets.ts'
import type { EmailId } from '../ids.ts'
import type { TextSearch } from './text-search.ts'

const maxOpen = 64
const lanes = 4

interface Question {
  readonly id: EmailId
  readonly matches: (id: EmailId) => boolean
  readonly known: Map<EmailId, boolean>
}

/** Ends a run of the query early: enough is open. */
class Interruption extends Error {}

export class TextAnswers {
  readonly #known = new Map<string, Map<EmailId, boolean>>()
  #open: Question[] = []

  /** What a run of the query has found or thrown means nothing yet. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** The search, remembering. */
  over(search: TextSearch): TextSearch {
    return {
      prepare: (condition, reach) => {
        const matches = search.prepare(condition, reach)
        const key = JSON.stringify(condition)
        const known = this.#known.get(key) ?? new Map<EmailId, boolean>()
        this.#known.set(key, known)
        return (id) => known.get(id) ?? this.#ask({ id, matches, known })
      },
    }
  }

  /** Answers what is open. `reading` runs work that reads, and fetches what it needs. */
  async settle(reading: (work: () => boolean) => Promise<boolean>): Promise<void> {
    const open = this.#open
    this.#open = []
    const lane = async (): Promise<void> => {
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        const { id, matches, known } = next
        known.set(id, await reading(() => matches(id)))
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  }

  #ask(question: Question): boolean {
    const { id, matches, known } = question
    try {
      const answer = matches(id)
      known.set(id, answer)
      return answer
    } catch (error) {
      if (!(error instanceof AbsentOctets)) throw error
    }
    this.#open.push(question)
    if (this.#open.length >= maxOpen) throw new Interruption('octets must be fetched first')
    return false
  }
}
