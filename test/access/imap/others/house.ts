/**
 * Several accounts in memory that share mailboxes, and IMAP clients of each: visits are calls of functions.
 */
import { memorySql } from '../../../../src/host/memory/sql.ts'
import { answerGuest, type GuestCall, type OthersPort, type PeopleLookup } from '../../../../src/access/imap/index.ts'
import { concat } from '../../../../src/format/index.ts'
import { MailStore, parseRights, StoreError, type MailboxId, type Person } from '../../../../src/mailbox/index.ts'
import { Client, now, type ClientOptions } from '../harness.ts'

const names = ['alice', 'bob', 'carol'] as const
type Name = (typeof names)[number]

const personOf = (name: Name): Person => ({ id: `${name[0]}1`, address: `${name}@facteur.test`, name })

export class House {
  readonly #stores = new Map<string, MailStore>()
  readonly #clients = new Map<string, Client[]>()
  readonly errors: unknown[] = []
  /** Accounts that do not answer. */
  readonly unreachable = new Set<Name>()
  /** What was asked of others, by the work and the name of the command. */
  readonly visits: string[] = []
  /** To be called when a visit begins or ends. */
  onVisit: (when: 'before' | 'after', call: GuestCall) => void = () => undefined

  constructor() {
    for (const name of names) {
      const store = new MailStore({ sql: memorySql(), now: () => now })
      store.create({ address: personOf(name).address, name })
      this.#stores.set(personOf(name).id, store)
    }
  }

  store(name: Name): MailStore {
    return this.#stores.get(personOf(name).id) as MailStore
  }

  mailbox(name: Name, path: string): MailboxId {
    return this.store(name).mailboxByPath(path.split('/'))!.id
  }

  /** Gives rights, and tells the other account as the owner's alarm would. */
  share(owner: Name, path: string, to: Name | 'anyone', rights: string): void {
    const store = this.store(owner)
    const id = this.mailbox(owner, path)
    const principal = to === 'anyone' ? to : personOf(to).id
    store.grants.set(id, principal, parseRights(rights)!)
    if (to !== 'anyone' && rights.includes('l')) store.sharedWith(principal)?.updateMailbox(id, { isSubscribed: true })
    for (const name of names) if (name !== owner) this.#tell(owner, name)
  }

  #tell(owner: Name, to: Name): void {
    const shared = this.store(owner).sharedWith(personOf(to).id)
    const granted = this.store(owner).grants.to(personOf(to).id)
    const own = (id: MailboxId): boolean =>
      this.store(owner)
        .grants.of(id)
        .some(({ principal }) => principal === personOf(to).id)
    const mailboxes = (shared?.mailboxes() ?? []).filter(({ id }) => own(id))
    this.store(to).sharedAccounts.learn({
      owner: personOf(owner),
      version: this.store(owner).state,
      mailboxes: mailboxes.map(({ id, name }) => ({ id, name, rights: granted.get(id)! })),
      isSubscribed: mailboxes.some(({ isSubscribed }) => isSubscribed),
      changedBy: personOf(owner),
    })
  }

  client(name: Name, options: ClientOptions = {}): Client {
    const person = personOf(name)
    const client = new Client(this.store(name), {
      account: { ...person },
      people: directory,
      others: this.#port(person),
      ...options,
    })
    this.#clients.set(name, [...(this.#clients.get(name) ?? []), client])
    return client
  }

  /** The owner's account tells that something has changed, as it does a moment after a commit. */
  async told(owner: Name, to: Name): Promise<void> {
    for (const client of this.#clients.get(to) ?? []) await client.session.othersChanged(personOf(owner).id)
  }

  #port(guest: Person): OthersPort {
    return {
      owners: () => this.store(guest.name as Name).sharedAccounts.all(),
      visit: async (owner, sent, octets, receive) => {
        const name = names.find((one) => personOf(one).id === owner)
        if (name !== undefined && this.unreachable.has(name)) throw new StoreError('unavailable', 'not now')
        // It travels as JSON.
        const call = JSON.parse(JSON.stringify(sent)) as GuestCall
        this.visits.push('command' in call.work ? `${call.work.do} ${call.work.command.name}` : call.work.do)
        const store = this.#stores.get(owner)
        if (store?.exists !== true) return 'gone'
        this.onVisit('before', call)
        const pieces: Uint8Array[] = []
        const session: { acknowledge?: (count: number) => void } = {}
        const answer = await answerGuest(
          {
            store,
            guest,
            account: personOf(name!),
            clock: { now: () => now },
            log: { error: (message, cause) => void this.errors.push(cause ?? message) },
            people: directory,
            output: {
              send: (bytes) => {
                pieces.push(bytes)
                queueMicrotask(() => session.acknowledge?.(bytes.length))
              },
              onAcknowledge: (acknowledge) => void (session.acknowledge = acknowledge),
            },
          },
          call,
          concat([...octets]),
        )
        this.onVisit('after', call)
        for (const piece of pieces) await receive(piece)
        return JSON.parse(JSON.stringify(answer))
      },
    }
  }

  /** The account is removed. */
  remove(name: Name): void {
    this.#stores.delete(personOf(name).id)
  }
}

export const directory: PeopleLookup = {
  people: (ids) =>
    Promise.resolve({ people: names.map(personOf).filter(({ id }) => ids === undefined || ids.includes(id)) }),
}
