/**
 * A distribution list as a Durable Object, named by its list id (`l…`): its members, and the messages on their way to them.
 *
 * Copies go through arrival like any other message, in the list's name.
 */
import { DurableObject } from 'cloudflare:workers'
import { accept } from '../../arrival/index.ts'
import type { MailboxDelivery, MailboxOutcome } from '../../delivery/index.ts'
import { type ListSettings, ListStore, MailingList, type Member, type Post } from '../../lists/index.ts'
import { AccountAlarm } from './account/account-alarm.ts'
import { arrivalPorts } from './arrival-ports.ts'
import type { ListDoor } from './doors.ts'
import type { Env } from './env.ts'
import { log } from './log.ts'
import { randomText } from './random.ts'
import { settingsOf } from './settings.ts'
import { durableSql } from './sql.ts'

export class ListObject extends DurableObject<Env> implements ListDoor {
  readonly #store: ListStore
  readonly #list: MailingList
  readonly #alarm: AccountAlarm

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new ListStore(durableSql(ctx.storage))
    const ports = arrivalPorts(env)
    const { hostname, publicUrl, verification } = settingsOf(env)
    this.#list = new MailingList(this.#store, {
      clock: Date.now,
      secret: newSecret,
      hostname,
      authservId: verification.authservId ?? hostname,
      webUrl: publicUrl,
      send: async (envelope, raw) => {
        const origin = { kind: 'list', transactionId: randomText(16) } as const
        return (await accept({ envelope, raw, origin }, ports)).reply
      },
      isHosted: async (domain) => (await ports.directory.lookup(domain, 'postmaster')).kind !== 'foreign',
      log: (event, facts) => log('info', event, facts),
    })
    this.#alarm = new AccountAlarm(ctx.storage, log)
    this.#alarm.add({ name: 'list', nextWakeup: () => this.#list.nextWakeup(), run: () => this.#list.run() })
  }

  async deliver(batch: MailboxDelivery[]): Promise<MailboxOutcome[]> {
    const outcomes = this.#list.deliver(batch)
    const next = this.#list.nextWakeup()
    if (next !== undefined) this.#alarm.wakeAt(next)
    return outcomes
  }

  override alarm(): Promise<void> {
    return this.#alarm.ring()
  }

  settings(): ListSettings | null {
    return this.#store.settings ?? null
  }

  configure(settings: ListSettings): void {
    this.#store.set(settings)
  }

  members(after: number, limit: number): Member[] {
    return this.#store.settings === undefined ? [] : this.#store.members(after, limit)
  }

  memberCount(): { active: number; bouncing: number } {
    return this.#store.settings === undefined ? { active: 0, bouncing: 0 } : this.#store.count()
  }

  /** Those of the addresses for which there is no room, or which are none. */
  addMembers(addresses: string[]): string[] {
    if (this.#store.settings === undefined) return addresses
    return addresses.filter((address) => !this.#store.add(address, newSecret(), Date.now()))
  }

  removeMember(address: string): boolean {
    const member = this.#store.settings === undefined ? undefined : this.#store.memberAt(address)
    if (member === undefined) return false
    this.#store.remove(member.id)
    return true
  }

  posts(): Post[] {
    return this.#store.settings === undefined ? [] : this.#store.posts()
  }

  unsubscribe(token: string): boolean {
    return this.#list.unsubscribe(token)
  }

  async destroy(): Promise<void> {
    await this.ctx.storage.deleteAlarm()
    await this.ctx.storage.deleteAll()
    this.#store.forget()
  }
}

/** 80 bits: it is in addresses and links that only its member gets. */
function newSecret(): string {
  return randomText(16)
}
