/**
 * One message of our people, and what each webhook has heard of it.
 */
import type { MessagePlan } from './sender.ts'
import { Violation } from './violation.ts'
import { isTaking, type SeenEvent } from './watch-event.ts'

export class WatchedMessage {
  readonly plan: MessagePlan
  /** What its sender heard: under which name, and who was taken. */
  readonly told: { id: string; addresses: readonly string[] }[] = []
  /** By webhook, in the order in which they came for the first time. */
  readonly #heard = new Map<string, SeenEvent[]>()
  /** By webhook: those that need not come, or come when they come. */
  readonly #aside = new Map<string, SeenEvent[]>()

  constructor(plan: MessagePlan) {
    this.plan = plan
  }

  isFrom({ data }: SeenEvent): boolean {
    const { account, from, recipients } = this.plan
    const all = data.recipients ?? [data.recipient]
    const areMine = all.every((one) => recipients.some(({ address }) => address === one))
    return data.sender === from && data.id.startsWith(`${account}-`) && areMine
  }

  aside(hook: string, event: SeenEvent): void {
    const known = this.#aside.get(hook) ?? []
    this.#aside.set(hook, [...known, event])
  }

  /** For the first time. What is wrong with that, for a webhook that also hears of what is taken. */
  hears(hook: string, event: SeenEvent, isLate: boolean): string | undefined {
    const known = this.#heard.get(hook) ?? []
    this.#heard.set(hook, [...known, event])
    const taken = this.#all(hook).filter((one) => one !== event && isTaking(one) && one.data.id === event.data.id)
    if (isTaking(event)) {
      if (taken.some(({ id }) => id !== event.id))
        throw new Violation(`${hook} hears twice that ${event.data.id} is taken`)
      return undefined
    }
    if (isLate || taken.length > 0) return undefined
    return `${event.type} of ${event.data.id} before it hears that this is taken`
  }

  /** Under which names it was taken. */
  takings(hook: string): string[] {
    return [
      ...new Set(
        this.#all(hook)
          .filter(isTaking)
          .map(({ data }) => data.id),
      ),
    ]
  }

  /** By name and recipient: what came of attempts, in the order of the first hearing, without what was put aside. */
  tries(hook: string): [recipient: string, events: SeenEvent[]][] {
    const aside = new Set(this.#aside.get(hook)?.map(({ id }) => id))
    const tries = new Map<string, [string, SeenEvent[]]>()
    for (const event of this.#heard.get(hook) ?? []) {
      const { id, recipient } = event.data
      if (recipient === undefined || event.data.attempts === undefined || aside.has(event.id)) continue
      const key = `${id} ${recipient}`
      const known = tries.get(key)
      if (known === undefined) tries.set(key, [recipient, [event]])
      else known[1].push(event)
    }
    return [...tries.values()]
  }

  /** All that it knows, or that somebody keeps from it. */
  known(hook: string, id: string | undefined, address: string): SeenEvent[] {
    return this.#all(hook).filter(
      ({ data }) => data.recipient === address && (id === undefined || data.id.includes(id)),
    )
  }

  #all(hook: string): SeenEvent[] {
    return [...(this.#heard.get(hook) ?? []), ...(this.#aside.get(hook) ?? [])]
  }
}
