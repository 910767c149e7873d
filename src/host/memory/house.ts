/**
 * Several accounts that share mail with each other, in one process: the ports of sharing, without a network.
 */
import {
  JmapAccess,
  Outbox,
  SharedAccess,
  ShareTeller,
  defaultLimits,
  type MasksPort,
  type OwnersPort,
  type PeoplePort,
  type SharedCall,
  type SubmissionPort,
} from '../../access/jmap/index.ts'
import { MailStore, StoreError, type MailStoreOptions, type Person, type ShareNews } from '../../mailbox/index.ts'
import { DomainStore, makeMask } from '../../routing/index.ts'
import { countingIds } from './random.ts'
import { memorySql } from './sql.ts'

export class MemoryAccount {
  readonly id: string
  readonly address: string
  readonly store: MailStore
  readonly jmap: JmapAccess
  readonly shared: SharedAccess
  readonly teller: ShareTeller
  /** When the alarm was asked for. */
  readonly wakeups: number[] = []

  constructor(house: MemoryHouse, id: string, address: string, name: string, options: Partial<MailStoreOptions>) {
    this.id = id
    this.address = address
    const clock = () => house.now
    this.store = new MailStore({ sql: memorySql(), now: clock, ...options })
    this.store.create({ address, name })
    const { store } = this
    const account = { id, address, name }
    const person = () => this.person
    const people = house.peopleOf(this)
    const ids = countingIds()
    const onFault = (where: string, cause: unknown) => void house.faults.push([where, cause])
    const wakeAt = (time: number) => void this.wakeups.push(time)
    const submit: SubmissionPort = {
      submit: () => Promise.resolve({ accepted: true, reply: { code: 250, text: 'queued' } }),
    }
    this.teller = new ShareTeller({ store, account: person, clock, wakeAt, tell: house.tell, onFault })
    this.shared = new SharedAccess({
      store,
      account: person,
      limits: defaultLimits,
      clock,
      ids,
      people,
      onFault,
    })
    const outbox = new Outbox({ store, submit, clock, wakeAt, onFault })
    const sharing = { people, owners: house.owners }
    const masks = house.masksOf(this)
    this.jmap = new JmapAccess({ store, account, submit, outbox, clock, ids, onFault, sharing, masks })
    store.onCommit((commit) => this.teller.notify(commit))
  }

  get person(): Person {
    return { id: this.id, address: this.address, name: this.store.facts.name }
  }

  /** What the owner's account hears of sharing. */
  learn(news: ShareNews): Person {
    this.store.sharedAccounts.learn(news)
    return this.person
  }
}

export class MemoryHouse {
  now = Date.UTC(2026, 10, 23, 12)
  readonly faults: unknown[] = []
  readonly accounts = new Map<string, MemoryAccount>()
  /** Accounts that cannot be reached. */
  readonly down = new Set<string>()
  /** Every call from one account to another. */
  readonly calls: { owner: string; user: string; call: SharedCall }[] = []
  readonly #domains = new Map<string, DomainStore>()
  /** Of the dice for masked addresses. */
  #throws = 0

  add(id: string, address: string, name = '', options: Partial<MailStoreOptions> = {}): MemoryAccount {
    const [localPart, domain] = address.split('@') as [string, string]
    this.domain(domain).addAccount(localPart, id, name)
    const account = new MemoryAccount(this, id, address, name, options)
    this.accounts.set(id, account)
    return account
  }

  domain(name: string): DomainStore {
    let domain = this.#domains.get(name)
    if (domain === undefined) {
      domain = new DomainStore(memorySql())
      domain.host(name)
      this.#domains.set(name, domain)
    }
    return domain
  }

  /** Lets every account tell what it has to tell. */
  async settle(): Promise<void> {
    for (const { teller } of this.accounts.values()) await teller.run()
  }

  readonly tell = async (principal: string, news: ShareNews): Promise<Person | 'gone'> =>
    this.#reach(principal)?.learn(structuredClone(news)) ?? 'gone'

  /** Values go from one account to the other as clones, as they do between objects. */
  readonly owners: OwnersPort = {
    call: async (owner, user, call) => {
      this.calls.push({ owner, user: user.id, call })
      const answer = await this.#reach(owner)?.shared.call(user, structuredClone(call))
      return answer === undefined ? 'gone' : structuredClone(answer)
    },
    upload: async (owner, user, bytes, type) => this.#expect(owner).shared.upload(user, bytes, type),
    blob: async (owner, user, blobId) => {
      const blob = await this.#reach(owner)?.shared.blob(user, blobId)
      return blob && { type: blob.type, size: blob.size }
    },
    octets: async (owner, user, blobId, start, end) =>
      (await this.#reach(owner)?.shared.blob(user, blobId))?.slice(start, end),
    add: async (owner, user, email, raw) => this.#expect(owner).shared.add(user, structuredClone(email), raw),
  }

  masksOf({ id, address }: Pick<MemoryAccount, 'id' | 'address'>): MasksPort {
    const name = address.slice(address.indexOf('@') + 1)
    const masksOf = () => {
      if (this.down.has(name)) throw new StoreError('unavailable', 'the domain cannot be reached now')
      const { masks } = this.domain(name)
      if (masks === undefined) throw new Error(`${name} is not hosted`)
      return masks
    }
    return {
      domain: name,
      list: async () => ({ state: masksOf().state, masks: masksOf().of(id) }),
      make: async (wanted) => {
        masksOf()
        const made = makeMask(this.domain(name), id, wanted, this.now, (below) => (this.#throws++ * 7_919) % below)
        if (made === undefined) throw new StoreError('notFound', 'the account is not in the directory of its domain')
        return made
      },
      update: async (mask) => masksOf().update(id, mask),
      remove: async (localPart) => masksOf().remove(id, localPart),
    }
  }

  peopleOf(account: Pick<MemoryAccount, 'id' | 'address'>): PeoplePort {
    const domain = this.domain(account.address.slice(account.address.indexOf('@') + 1))
    return {
      async people(ids) {
        const { state, people } = domain.people(ids)
        return {
          state,
          people: people.map(({ accountId, address, profile }) => ({
            id: accountId,
            address,
            name: profile.name ?? '',
            description: profile.description ?? null,
            timeZone: profile.timeZone ?? null,
          })),
        }
      },
      changes: async (since) => domain.peopleChanges(since),
      async setProfile(patch) {
        const { profile = {} } = domain.people([account.id]).people[0] ?? {}
        const entries = Object.entries({ ...profile, ...patch }).filter(([, value]) => value !== null)
        const isListed = domain.setProfile(account.id, Object.fromEntries(entries))
        if (!isListed) throw new StoreError('notFound', 'the account is not in the directory')
      },
    }
  }

  #reach(id: string): MemoryAccount | undefined {
    if (this.down.has(id)) throw new StoreError('unavailable', 'the account cannot be reached')
    return this.accounts.get(id)
  }

  #expect(id: string): MemoryAccount {
    const account = this.#reach(id)
    if (account === undefined) throw new StoreError('unavailable', 'the account is gone')
    return account
  }
}
