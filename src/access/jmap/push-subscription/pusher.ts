/**
 * Tells push services what changed: when, how often, and what when they fail.
 *
 * The durable rule: a subscription's row says which state was told last. A commit only marks the subscription in memory
 * and sets the account's alarm, as part of that commit; the alarm posts, and the row is written when the push service has
 * taken the push. Whoever dies in between finds the alarm again, compares the row with the state and sends what is
 * missing. An account without subscriptions pays nothing. What happens while a push is under way, or in the pause after
 * it, goes out as one change.
 *
 * Standards: RFC 8620 §7.2, §8.6; RFC 8030.
 */
import type { Commit, MailStore, PushSubscription } from '../../../mailbox/index.ts'
import { filterTypes, pushVerification, type JsonObject, type StateChange } from '../../../protocol/jmap/index.ts'
import { stateChangeOf, stateChangeSince } from '../push.ts'
import type { PushMessage, PushOutcome, PushService } from './push-service.ts'
import { mergedChange, SharedNews } from './shared-news.ts'

export interface PusherPorts {
  readonly store: MailStore
  readonly accountId: string
  readonly service: Pick<PushService, 'post'>
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Calls `run` at that time or before, in another life if need be. It joins the commit of the event that calls it. */
  readonly wakeAt: (time: number) => void
}

/** A request often changes things in several steps. */
const gather = 50
/** Between two pushes to one subscription: a burst of deliveries is two pushes. */
const pause = 5_000
const firstRetry = 30_000
const longestRetry = 3_600_000
/** RFC 8620 §8.6: a stranger's server must not be posted to for long. */
const maxVerificationAttempts = 4

export class Pusher {
  readonly name = 'push'
  readonly #ports: PusherPorts
  /** When each verified subscription that has something to be told is due, by id. */
  readonly #marked = new Map<string, number>()
  readonly #underWay = new Set<string>()
  readonly #pausedUntil = new Map<string, number>()
  readonly #shared = new SharedNews()
  /** False in a new life: what was marked in the last one must be found again. */
  #recovered = false
  #stopped = false

  constructor(ports: PusherPorts) {
    this.#ports = ports
  }

  /** To be called for every commit. */
  notify(commit: Commit): void {
    const { store, accountId } = this.#ports
    const verified = store.pushSubscriptions.all().filter((each) => each.progress === 'verified')
    if (verified.length === 0) return
    const change = stateChangeOf(accountId, commit)
    if (change === undefined) return
    const interested = verified.filter((each) => filterTypes(change, typesOf(each)) !== undefined)
    for (const { id } of interested) this.#mark(id, gather)
    if (interested.length > 0) this.#arm()
  }

  /** To be called with what others changed in what they share. */
  notifyShared(change: StateChange): void {
    const { store } = this.#ports
    const verified = store.pushSubscriptions.all().filter((each) => each.progress === 'verified')
    for (const each of verified) {
      const wanted = filterTypes(change, typesOf(each))
      if (wanted === undefined) continue
      this.#shared.add(each.id, wanted)
      this.#mark(each.id, gather)
    }
    if (verified.length > 0) this.#arm()
  }

  /** To be called when subscriptions were made or changed. */
  changed(): void {
    this.#recovered = false
    this.#arm()
  }

  /** Sends what is due and waits for the answers. Then `nextWakeup` says when to be called again. */
  async run(): Promise<void> {
    const { store } = this.#ports
    if (!this.#recover()) return
    store.pushSubscriptions.destroyExpired()
    const now = this.#ports.clock()
    const subscriptions = store.pushSubscriptions.all()
    this.#forget(subscriptions, now)
    const due = subscriptions.filter((each) => this.#dueAt(each) <= now)
    await Promise.all(due.map((subscription) => this.#push(subscription)))
  }

  /** Marks and pauses held in memory. */
  get held(): number {
    return this.#marked.size + this.#pausedUntil.size + this.#shared.size
  }

  /** Undefined: nothing is to be sent. */
  nextWakeup(): number | undefined {
    if (!this.#recover()) return undefined
    const times = this.#ports.store.pushSubscriptions.all().map((each) => this.#dueAt(each))
    const next = Math.min(Infinity, ...times)
    return next === Infinity ? undefined : next
  }

  /** The account is gone: nothing is read or written any more. */
  stop(): void {
    this.#stopped = true
  }

  #arm(): void {
    const next = this.nextWakeup()
    if (next !== undefined) this.#ports.wakeAt(Math.max(next, this.#ports.clock()))
  }

  #mark(id: string, delay: number): void {
    if (this.#marked.has(id)) return
    this.#marked.set(id, Math.max(this.#ports.clock() + delay, this.#pausedUntil.get(id) ?? 0))
  }

  /** Marks of subscriptions that are gone, and pauses that are over: an object that never sleeps would gather them. */
  #forget(subscriptions: readonly PushSubscription[], now: number): void {
    const exist = new Set<string>(subscriptions.map(({ id }) => id))
    for (const id of this.#marked.keys()) if (!exist.has(id)) this.#marked.delete(id)
    this.#shared.keep((id) => exist.has(id))
    for (const [id, until] of this.#pausedUntil) if (until <= now) this.#pausedUntil.delete(id)
  }

  /** Finds what a former life has left; false when there is no account. */
  #recover(): boolean {
    const { store } = this.#ports
    if (this.#stopped || !store.exists) return false
    if (this.#recovered) return true
    this.#recovered = true
    for (const subscription of store.pushSubscriptions.all()) {
      if (subscription.progress === 'verified' && this.#news(subscription) !== undefined) this.#mark(subscription.id, 0)
    }
    return true
  }

  /** Infinity: nothing to send. */
  #dueAt({ id, progress, notBefore }: PushSubscription): number {
    if (this.#underWay.has(id) || progress === 'asked') return Infinity
    return progress === 'new' ? notBefore : Math.max(notBefore, this.#marked.get(id) ?? Infinity)
  }

  async #push(subscription: PushSubscription): Promise<void> {
    const { id, url, keys, progress } = subscription
    const { store, service } = this.#ports
    const state = store.state
    this.#marked.delete(id)
    const news = this.#news(subscription)
    if (news === undefined) return
    const shared = this.#shared.take(id)
    this.#underWay.add(id)
    let outcome: PushOutcome
    try {
      outcome = await service.post({ url, keys, ...news })
    } finally {
      this.#underWay.delete(id)
    }
    // The client may have changed or destroyed it, or the account may be gone, while the push was under way.
    const current = this.#stopped ? undefined : store.pushSubscriptions.get(id)
    if (current === undefined) return
    if (outcome.status === 'gone') store.pushSubscriptions.destroy(id)
    else if (outcome.status === 'failed') {
      if (shared !== undefined) this.#shared.putBack(id, shared)
      this.#failed(current, outcome.retryAfter ?? 0)
    } else if (progress === 'verified') this.#told(current, state)
    else if (current.progress === 'new') {
      store.pushSubscriptions.update(id, { progress: 'asked', failures: 0, notBefore: 0 })
    }
  }

  #told({ id }: PushSubscription, state: PushSubscription['toldState']): void {
    const { store, clock } = this.#ports
    const until = clock() + pause
    this.#pausedUntil.set(id, until)
    if (this.#marked.has(id)) this.#marked.set(id, until)
    store.pushSubscriptions.update(id, { toldState: state, failures: 0, notBefore: 0 })
  }

  #failed(subscription: PushSubscription, retryAfter: number): void {
    const { store, clock } = this.#ports
    const { id, progress } = subscription
    const failures = subscription.failures + 1
    if (progress === 'new' && failures >= maxVerificationAttempts) {
      store.pushSubscriptions.destroy(id)
      return
    }
    const wait = Math.max(Math.min(longestRetry, firstRetry * 2 ** (failures - 1)), retryAfter)
    store.pushSubscriptions.update(id, { failures, notBefore: clock() + wait })
    if (progress === 'verified') this.#mark(id, 0)
  }

  /** What the subscription is to be told now; undefined: nothing. */
  #news(subscription: PushSubscription): Pick<PushMessage, 'body' | 'urgency'> | undefined {
    const { store, accountId } = this.#ports
    const { id, progress, toldState, verificationCode } = subscription
    if (progress === 'new') return { body: pushVerification(id, verificationCode), urgency: 'normal' }
    const all = stateChangeSince(store, accountId, toldState)
    const own = all === undefined ? undefined : filterTypes(all, typesOf(subscription))
    const change = mergedChange(own, this.#shared.get(id))
    if (change === undefined) return undefined
    return { body: change as StateChange & JsonObject, urgency: isNewMail(change) ? 'normal' : 'low' }
  }
}

function typesOf({ types }: PushSubscription): ReadonlySet<string> | undefined {
  return types === null ? undefined : new Set(types)
}

function isNewMail({ changed }: StateChange): boolean {
  return Object.values(changed).some((states) => states['EmailDelivery'] !== undefined)
}
