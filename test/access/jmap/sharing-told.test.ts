/**
 * Grants that change while accounts cannot be reached, while news arrive late and twice: in the end everybody knows.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MemoryAccount } from '../../../src/host/memory/house.ts'
import { formatRights, type MailboxRole, type Right, type ShareNews } from '../../../src/mailbox/index.ts'
import { SharingWorld } from './sharing-world.ts'

const people = ['alice', 'bob', 'carol'] as const
const roles: readonly MailboxRole[] = ['inbox', 'drafts', 'archive']
const letters = ['', 'l', 'lr', 'lrs', 'lrswite', 'r', 'a'] as const

const someone = fc.constantFrom(...people)
const step = fc.oneof(
  fc.record({
    type: fc.constant('grant' as const),
    owner: someone,
    to: someone,
    role: fc.constantFrom(...roles),
    rights: fc.constantFrom(...letters),
  }),
  fc.record({
    type: fc.constant('subscribe' as const),
    owner: someone,
    to: someone,
    role: fc.constantFrom(...roles),
    isSubscribed: fc.boolean(),
  }),
  fc.record({ type: fc.constant('rename' as const), owner: someone, role: fc.constantFrom(...roles) }),
  fc.record({ type: fc.constant('down' as const), who: someone }),
  fc.record({ type: fc.constant('up' as const), who: someone }),
  fc.record({ type: fc.constant('tell' as const), who: someone }),
  fc.record({ type: fc.constant('late' as const), which: fc.nat() }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
  fc.record({ type: fc.constant('forget' as const), who: someone }),
)

/** A world that remembers all news, so that they can come again. */
class Gossip {
  readonly world = new SharingWorld()
  readonly heard: { to: MemoryAccount; news: ShareNews }[] = []
  #renamed = 0

  constructor() {
    for (const name of people) {
      const account = this.world[name]
      const learn = account.learn.bind(account)
      account.learn = (news) => {
        this.heard.push({ to: account, news })
        return learn(news)
      }
    }
  }

  async run(one: typeof step extends fc.Arbitrary<infer Step> ? Step : never): Promise<void> {
    const { world } = this
    const { house } = world
    switch (one.type) {
      case 'grant': {
        if (one.owner === one.to) return
        const { store } = world[one.owner]
        const rights = formatRights(Array.from(one.rights) as Right[])
        return store.grants.set(store.mailboxByRole(one.role)!.id, world[one.to].id, rights)
      }
      case 'subscribe': {
        const { store } = world[one.owner]
        const { id } = store.mailboxByRole(one.role)!
        const shared = store.sharedWith(world[one.to].id)
        if (shared?.mailbox(id) !== undefined) shared.updateMailbox(id, { isSubscribed: one.isSubscribed })
        return
      }
      case 'rename': {
        const { store } = world[one.owner]
        store.updateMailbox(store.mailboxByRole(one.role)!.id, { name: `N${++this.#renamed}` })
        return
      }
      case 'down':
        return void house.down.add(world[one.who].id)
      case 'up':
        return void house.down.delete(world[one.who].id)
      case 'tell':
        return world[one.who].teller.run()
      case 'late': {
        const again = this.heard[one.which % Math.max(1, this.heard.length)]
        again?.to.store.sharedAccounts.learn(again.news)
        return
      }
      case 'wait':
        house.now += one.ms
        return
      case 'forget':
        return world[one.who].store.releaseMemory()
    }
  }

  /** Everybody can be reached, and has had time. */
  async settle(): Promise<void> {
    this.world.house.down.clear()
    this.world.house.now += 2 * 3_600_000
    await this.world.house.settle()
  }
}

describe('what is shared is known to those it is shared with (RFC 9670 §1.4, §3)', () => {
  it('in the end, whatever was lost, late or double', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const gossip = new Gossip()
        for (const one of steps) await gossip.run(one)
        await gossip.settle()
        const { world } = gossip
        for (const owner of people) {
          expect(world[owner].teller.nextWakeup()).toBeUndefined()
          for (const name of people.filter((other) => other !== owner)) {
            const mail = world[owner].store.sharedWith(world[name].id)
            const known = world[name].store.sharedAccounts.get(world[owner].id)
            const seen = mail
              ?.mailboxes()
              .map(({ id, name: title }) => ({ id, name: title, rights: mail.rightsTo(id) }))
            expect(known?.mailboxes).toEqual(seen)
            const isSubscribed = mail?.mailboxes().some((mailbox) => mailbox.isSubscribed) ?? false
            expect(known?.isSubscribed ?? false).toBe(isSubscribed)
            expect(Object.keys(world.session(world[name]).accounts).includes(world[owner].id)).toBe(isSubscribed)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('and their notifications tell one change after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const gossip = new Gossip()
        for (const one of steps) await gossip.run(one)
        await gossip.settle()
        for (const name of people) {
          const last = new Map<string, string>()
          for (const notice of gossip.world[name].store.shareNotifications.all()) {
            const key = `${notice.accountId} ${notice.mailboxId}`
            expect(notice.oldRights).toBe(last.get(key) ?? '')
            expect(notice.newRights).not.toBe(notice.oldRights)
            last.set(key, notice.newRights)
          }
        }
      }),
      { numRuns: 40 },
    )
  })
})
