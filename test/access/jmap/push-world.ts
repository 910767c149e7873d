/**
 * One account with a push service and an alarm that tests hold in their hands.
 */
import {
  JmapAccess,
  Outbox,
  Pusher,
  type PushMessage,
  type PushOutcome,
  type PushService,
} from '../../../src/access/jmap/index.ts'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'
import { MailStore } from '../../../src/mailbox/index.ts'
import { type Answer, using } from './world.ts'

/** The subscription of RFC 8620 §7.2.2, at a host that is public. */
export const example = {
  deviceClientId: 'a889-ffea-910',
  url: 'https://push.example.com/?device=X8980fc&client=12c6d086',
  types: null,
}

export class PushWorld implements PushService {
  readonly posts: PushMessage[] = []
  /** When each post was made. */
  readonly times: number[] = []
  outcome: PushOutcome = { status: 'accepted' }
  allowsPrivateUrls = false
  applicationServerKey = 'BKey'
  now = Date.UTC(2026, 10, 23, 12)
  credential = 0
  /** The alarm, as it survives a restart, and every time it was set. */
  alarm: number | undefined
  readonly wakeups: number[] = []
  store!: MailStore
  pusher!: Pusher
  jmap!: JmapAccess
  readonly #sql = memorySql()
  #ringing = false
  #held: Promise<void> | undefined
  #waiting: { count: number; resolve: () => void } | undefined
  #serial = 0

  constructor() {
    this.#open()
    this.store.create({ address: 'alice@facteur.test', name: 'Alice' })
    this.wakeups.length = 0
  }

  /** All that was in memory is lost. An alarm whose work did not end rings again, as the platform promises. */
  restart(): void {
    if (this.#ringing) this.alarm = this.now
    this.#ringing = false
    this.pusher.stop()
    this.#held = undefined
    this.#open()
  }

  #open(): void {
    const clock = () => this.now
    this.store = new MailStore({
      sql: this.#sql,
      now: clock,
      random: (length) => new Uint8Array(length).fill(++this.#serial),
    })
    const { store } = this
    this.pusher = new Pusher({
      store,
      accountId: 'a1',
      service: this,
      clock,
      wakeAt: (time) => {
        this.wakeups.push(time)
        this.alarm = Math.min(this.alarm ?? Infinity, time)
      },
    })
    const { pusher } = this
    store.onCommit((commit) => pusher.notify(commit))
    const submit = { submit: () => Promise.reject(new Error('nothing is sent here')) }
    this.jmap = new JmapAccess({
      store,
      account: { id: 'a1', address: 'alice@facteur.test', name: 'Alice' },
      submit,
      outbox: new Outbox({ store, submit, clock, wakeAt: () => {}, onFault: () => {} }),
      push: { service: this, changed: () => pusher.changed() },
      clock,
      ids: () => `id${++this.#serial}`,
    })
  }

  acceptsKeys(keys: { p256dh: string }): Promise<boolean> {
    return Promise.resolve(keys.p256dh !== 'bad')
  }

  async post(message: PushMessage): Promise<PushOutcome> {
    this.posts.push(message)
    this.times.push(this.now)
    if (this.#waiting !== undefined && this.posts.length >= this.#waiting.count) this.#waiting.resolve()
    await this.#held
    return this.outcome
  }

  /** Posts do not end until the function that this returns is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return resolve
  }

  /** Until there have been so many posts. */
  async posted(count: number): Promise<void> {
    if (this.posts.length >= count) return
    await new Promise<void>((resolve) => (this.#waiting = { count, resolve }))
  }

  /** Lets the alarm ring until nothing is left to do within `most` milliseconds; the clock moves along. */
  async settle(most = 60_000): Promise<void> {
    const end = this.now + most
    while (this.alarm !== undefined && this.alarm <= end) {
      this.now = Math.max(this.now, this.alarm)
      this.alarm = undefined
      const { pusher } = this
      this.#ringing = true
      await pusher.run()
      this.#ringing = false
      const next = pusher.nextWakeup()
      if (next !== undefined) this.alarm = Math.min(this.alarm ?? Infinity, Math.max(next, this.now))
    }
    this.now = Math.max(this.now, end)
  }

  deliver(raw: string): void {
    const inbox = this.store.mailboxByRole('inbox')
    if (inbox === undefined) throw new Error('no inbox')
    this.store.add([{ raw: encodeUtf8(raw.replaceAll(/\r?\n/g, '\r\n')), mailboxIds: [inbox.id] }])
  }

  async response(name: string, args: object): Promise<[string, Answer]> {
    const body = JSON.stringify({ using, methodCalls: [[name, args, 'c']] })
    const { body: text } = await this.jmap.handle(encodeUtf8(body), this.credential)
    return JSON.parse(text).methodResponses[0]
  }

  async call(name: string, args: object): Promise<Answer> {
    const [answered, result] = await this.response(name, args)
    if (answered !== name) throw new Error(JSON.stringify(result))
    return result
  }

  async error(name: string, args: object): Promise<Answer> {
    const [answered, result] = await this.response(name, args)
    if (answered !== 'error') throw new Error(`${name} was taken: ${JSON.stringify(result)}`)
    return result
  }

  /** A subscription; its id. */
  async subscribe(subscription: object = example): Promise<string> {
    const { created, notCreated } = await this.call('PushSubscription/set', { create: { s: subscription } })
    if (created === null) throw new Error(JSON.stringify(notCreated))
    return created.s.id
  }

  /** A subscription whose code has come back. */
  async verified(subscription: object = example): Promise<string> {
    const id = await this.subscribe(subscription)
    await this.settle()
    const code = this.store.pushSubscriptions.get(id)?.verificationCode
    await this.call('PushSubscription/set', { update: { [id]: { verificationCode: code } } })
    await this.settle()
    return id
  }
}
