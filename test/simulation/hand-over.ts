/**
 * The way of a call and of its answer: where a crash may lie in wait, and what remains in doubt after one.
 *
 * As long as a caller has not written down what came of a hand-over, its end leaves the message in two places: an excuse for
 * one more copy.
 */
import type { DurableObjectOfTest } from './durable-object.ts'
import { eventName, hookQueue } from './event-ledger.ts'
import { readHeld } from './held.ts'
import { baseOf, tokenOf } from './message.ts'
import { bound, currentLife, type Life } from './life.ts'
import { type SeenList, readList } from './list-view.ts'
import type { Ambush } from './troubles.ts'
import { readQueue } from './queue-view.ts'
import { entryOfReport } from './report-view.ts'
import { lost, type Scene, textOf } from './scene.ts'

/** A hand-over that has no answer yet, or whose answer its caller has not made durable. */
export interface Doubt {
  tokens: readonly string[]
  /** What is handed over, or holds it. */
  texts: readonly string[]
  what: string
  answered: boolean
  /** What the caller's queue had of those messages. */
  before: string
  /** It is of that message's entry for a webhook. */
  event?: { domain: string; recipients: readonly string[] }
}

export interface Way<Answer> {
  name: Ambush['call'] | (string & {})
  doubt?: Doubt | undefined
  callee?: DurableObjectOfTest
  /** The call has come. */
  begins: (answered: (value: Answer) => void, failed: (error: Error) => void) => void
}

export class HandOvers {
  readonly #scene: Scene
  readonly #spring: (ambush: Ambush, caller: Life | undefined, callee: DurableObjectOfTest | undefined) => void
  /** Whose life it is. */
  readonly objectOf = new Map<Life, DurableObjectOfTest>()
  readonly #doubts = new Map<Life, Set<Doubt>>()
  readonly #counts = new Map<string, number>()

  constructor(
    scene: Scene,
    spring: (ambush: Ambush, caller: Life | undefined, callee: DurableObjectOfTest | undefined) => void,
  ) {
    this.#scene = scene
    this.#spring = spring
  }

  /** Milliseconds that something takes inside the house. */
  delay(): number {
    const { latency } = this.#scene.plan
    return latency === 0 ? 0 : Math.round(this.#scene.chance.number() * latency)
  }

  go<Answer>({ name, doubt, callee, begins }: Way<Answer>): Promise<Answer> {
    const { time } = this.#scene
    const caller = currentLife()
    const ambush = this.#ambush(name, caller, callee)
    return new Promise((resolve, reject) => {
      const answered = bound((value: Answer) => {
        if (doubt !== undefined) doubt.answered = true
        resolve(value)
      })
      const failed = bound((error: Error) => {
        if (doubt !== undefined && error.message === lost) this.#excuse(doubt, error.message)
        else if (doubt !== undefined) doubt.answered = true
        reject(error)
      })
      const arrive = (): void => {
        ambush('before')
        if (caller?.alive === false) return
        begins(
          (value) => {
            ambush('answered')
            time.after(this.delay(), () => answered(value))
          },
          (error) => void time.after(this.delay(), () => failed(error)),
        )
        time.after(0, () => ambush('called'))
      }
      const leave = (): void => void time.after(this.delay(), arrive)
      const object = caller === undefined ? undefined : this.objectOf.get(caller)
      if (object === undefined) leave()
      else object.gate(leave)
    })
  }

  /** A hand-over of those messages by whoever runs begins. */
  doubt(raws: readonly Uint8Array[], what: string): Doubt {
    const texts = raws.map(textOf)
    const tokens = texts.flatMap((text) => tokenOf(text) ?? [])
    const life = currentLife()
    return this.#begin({ tokens, texts, what, answered: false, before: this.#known(life, { tokens, texts }) })
  }

  /** A webhook is about to be told of a message: what is in doubt is whether it was. */
  doubtOf(url: string, { token, recipients }: { token: string; recipients: readonly string[] }): Doubt {
    const hook = url.slice(url.lastIndexOf('/') + 1)
    const facts = { tokens: [token], texts: [], event: { domain: hookQueue(hook), recipients } }
    const before = this.#known(currentLife(), facts)
    return this.#begin({ ...facts, tokens: [eventName(token, hook)], what: 'post', answered: false, before })
  }

  #begin(doubt: Doubt): Doubt {
    const life = currentLife()
    if (life === undefined) return doubt
    let doubts = this.#doubts.get(life)
    if (doubts === undefined) {
      doubts = new Set()
      this.#doubts.set(life, doubts)
      life.onEnd(() => {
        for (const one of this.#doubts.get(life) ?? []) this.#excuse(one, `${life.name} ended`)
      })
    }
    doubts.add(doubt)
    return doubt
  }

  /** The object's writes are durable: it remembers what it was answered. */
  committed(life: Life): void {
    const doubts = this.#doubts.get(life)
    for (const doubt of doubts ?? []) {
      // An outcome may be written later than the next commit: only its own counts.
      if (!doubt.answered || (doubt.before !== '' && this.#known(life, doubt) === doubt.before)) continue
      doubts?.delete(doubt)
    }
  }

  /** What an object has written down of these messages: when that changes, it knows what came of a call. */
  #known(life: Life | undefined, { tokens, texts, event }: Pick<Doubt, 'tokens' | 'texts' | 'event'>): string {
    const object = life === undefined ? undefined : this.objectOf.get(life)
    if (object?.kind === 'ACCOUNT')
      return readHeld(object.database)
        .pending.filter((token) => tokens.includes(token))
        .join(' ')
    if (object?.kind === 'LIST') return progressOf(readList(object.database), tokens)
    if (object?.kind !== 'QUEUE') return ''
    const all = readQueue(object.database)
    // Of a report it is what owes it that knows; the report itself may wait in the same object.
    const owing = event === undefined ? tokens.flatMap((token) => entryOfReport(token) ?? []) : []
    const owers = all.filter(({ id }) => owing.includes(id))
    const mine = all.filter(({ domain, token, recipients }) => {
      if (event === undefined) return tokens.includes(token)
      const isSame = domain === event.domain && tokens.some((one) => one === token || one.startsWith(`${token} `))
      return isSame && recipients.some(({ address }) => event.recipients.includes(address))
    })
    const named = owers.length > 0 ? owers : mine
    // An excused copy of the same message may wait beside it: what becomes of that one says nothing of this.
    const same = named.filter(({ raw }) => texts.some((text) => text.includes(raw)))
    const alike = same.length === 0 ? named : same
    // Of a message that waits for several destinations here, what goes out is the entry with those recipients.
    const addressed = alike.filter(({ recipients }) =>
      recipients.some(({ address }) => texts.some((text) => text.includes(`"address":"${address}"`))),
    )
    const entries = addressed.length === 0 ? alike : addressed
    // Not what the operator may change meanwhile.
    const progress = entries.map(({ id, recipients }) => [
      id,
      recipients.map(({ state, attempts, owed }) => [state, attempts, owed]),
    ])
    return JSON.stringify(progress)
  }

  /** Some copies of what this life hands over are safe, and yet it was told that it has to come again. */
  excuseAll(life: Life, why: string): void {
    for (const doubt of this.#doubts.get(life) ?? []) this.#excuse(doubt, why)
  }

  #excuse(doubt: Doubt, why: string): void {
    for (const token of doubt.tokens) this.#scene.ledger.excuse(token, `${doubt.what}: ${why}`)
    for (const doubts of this.#doubts.values()) doubts.delete(doubt)
  }

  #ambush(name: string, caller: Life | undefined, callee: DurableObjectOfTest | undefined) {
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    const planned = this.#scene.plan.ambushes.filter(({ call, nth }) => call === name && nth === count)
    return (when: Ambush['when']): void => {
      for (const ambush of planned) if (ambush.when === when) this.#spring(ambush, caller, callee)
    }
  }
}

/** How far a list has come with those messages. */
function progressOf({ posts }: SeenList, tokens: readonly string[]): string {
  const bases = tokens.map(baseOf)
  const mine = posts.filter(({ origin }) => bases.includes(origin))
  return JSON.stringify(
    mine.map(({ id, reached, late, refused, sent, isDone }) => [id, reached, late, refused, sent, isDone]),
  )
}
