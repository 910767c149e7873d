/**
 * A town with people, aliases, lists and rules, and servers outside that send on what they get: all of it leads to each other
 * in any way.
 */
import { MemoryWorld } from '../../src/host/memory/world.ts'
import { memorySql } from '../../src/host/memory/sql.ts'
import { encodeUtf8 } from '../../src/format/index.ts'
import { ListStore, MailingList } from '../../src/lists/index.ts'
import type { Envelope, Reply } from '../../src/protocol/smtp/index.ts'
import type { Rule } from '../../src/routing/index.ts'

const here = 'facteur.test'
const outside = 'outside.test'
const minute = 60_000

/** Names are single words; what leads on names others of any kind. */
export interface Plan {
  readonly people: readonly string[]
  readonly aliases: Readonly<Record<string, readonly string[]>>
  readonly lists: Readonly<Record<string, readonly string[]>>
  /** Addresses elsewhere, each of which sends on to a name here. */
  readonly forwards: Readonly<Record<string, string>>
  readonly rules: readonly {
    readonly on: string
    readonly redirect?: readonly string[]
    readonly copy?: readonly string[]
  }[]
}

export class Town {
  readonly world = new MemoryWorld()
  /** List and member, for each copy that a list has handed over. */
  readonly handed: string[] = []
  /** What a server outside does to a message, besides sending it on. */
  rewritten = (raw: string): string => raw
  readonly #plan: Plan
  readonly #lists = new Map<string, MailingList>()
  #forwarded = 0

  constructor(plan: Plan) {
    this.#plan = plan
    const { world } = this
    const { people, aliases, lists, rules } = plan
    const domain = world.host(here, ...people)
    for (const name of [outside, 'else.test']) world.dns.set(name, { A: ['192.0.2.7'] })
    const mailboxes = world.ports.mailbox.bind(world.ports)
    world.ports.mailbox = (id) => {
      const list = this.#lists.get(id)
      return list === undefined ? mailboxes(id) : { deliver: async (batch) => list.deliver(batch) }
    }
    for (const [name, targets] of Object.entries(aliases)) domain.setAlias(name, targets.map(this.addressOf))
    for (const [name, members] of Object.entries(lists)) {
      domain.setList(name, name, [`${people[0]}@${here}`])
      this.#lists.set(name, this.#open(name, members))
    }
    const sets = rules.map(({ on, redirect, copy }, index): Rule => ({
      name: `r${index}`,
      when: { recipient: on },
      do: {
        ...(redirect === undefined ? {} : { redirect: redirect.map(this.addressOf) }),
        ...(copy === undefined ? {} : { copy: copy.map(this.addressOf) }),
      },
    }))
    domain.setRules(sets, 1)
  }

  readonly addressOf = (name: string): string => `${name}@${Object.hasOwn(this.#plan.forwards, name) ? outside : here}`

  /** A stranger writes to a name here; resolved when all has come to rest. */
  async post(name: string): Promise<Reply> {
    const fields = [
      'From: eve@else.test',
      'Message-ID: <1@else.test>',
      'Date: Mon, 23 Nov 2026 08:00:00 +0000',
      'Subject: Hi',
    ]
    const reply = await this.#arrive('eve@else.test', this.addressOf(name), [...fields, '', 'Hello.', ''].join('\r\n'))
    await this.#rest()
    return reply
  }

  /** To whom mail for that name leads, by all ways. */
  reachable(start: string): string[] {
    const seen = new Set<string>()
    const open = [start]
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue
      seen.add(name)
      open.push(...this.#next(name))
    }
    return this.#plan.people.filter((person) => seen.has(person) && this.#keeps(person))
  }

  /** Reverse-paths of the copies in somebody's mailbox. */
  copies(person: string): string[] {
    return this.world.mailbox(person).messages.map(({ reversePath }) => reversePath)
  }

  #next(name: string): readonly string[] {
    const { aliases, lists, forwards, rules } = this.#plan
    const own = aliases[name] ?? lists[name] ?? (forwards[name] === undefined ? [] : [forwards[name]])
    const copies: string[] = []
    for (const rule of rules.filter(({ on }) => on === name)) {
      copies.push(...(rule.copy ?? []))
      if (rule.redirect !== undefined) {
        return [...copies, ...rule.redirect.flatMap((target) => (target === name ? own : [target]))]
      }
    }
    return [...copies, ...own]
  }

  /** Somebody's rule may send all of it elsewhere. */
  #keeps(name: string): boolean {
    const decides = this.#plan.rules.find(({ on, redirect }) => on === name && redirect !== undefined)
    return decides?.redirect?.includes(name) ?? true
  }

  #open(name: string, members: readonly string[]): MailingList {
    const { world } = this
    const store = new ListStore(memorySql())
    const address = `${name}@${here}`
    store.set({ address, name, posting: 'anyone', answersTo: 'author', owners: [`${this.#plan.people[0]}@${here}`] })
    for (const [index, member] of members.entries()) {
      store.add(this.addressOf(member), `secret${String(index).padStart(10, '0')}`, 0)
    }
    return new MailingList(store, {
      clock: world.clock.now,
      secret: world.ports.ids,
      send: async (envelope, raw) => {
        if (envelope.reversePath !== '') this.handed.push(`${name} ${envelope.recipients[0]?.address}`)
        return world.accept({ envelope, raw, origin: { kind: 'list', transactionId: world.ports.ids() } })
      },
      isHosted: async (domain) => domain === here,
      authservId: 'mx.facteur.test',
      hostname: 'mx.facteur.test',
      log: () => {},
    })
  }

  #arrive(reversePath: string, address: string, text: string): Promise<Reply> {
    const envelope: Envelope = { reversePath, smtputf8: false, body: '7BIT', recipients: [{ address }] }
    const transactionId = this.world.ports.ids()
    const origin = { kind: 'smtp', clientAddress: '192.0.2.7', protocol: 'ESMTP', transactionId } as const
    return this.world.accept({ envelope, raw: encodeUtf8(text), origin })
  }

  async #rest(): Promise<void> {
    const { world } = this
    const queues = [here, outside, 'else.test'].map((domain) => world.queue(domain))
    for (let turns = 0; turns < 500; turns++) {
      await this.#forward()
      for (const list of this.#lists.values()) {
        if ((list.nextWakeup() ?? Infinity) <= world.clock.now()) await list.run()
      }
      const lists = [...this.#lists.values()]
      const isBusy = [...lists, ...queues].some((one) => one.nextWakeup() !== undefined)
      if (!isBusy && this.#forwarded === world.dialer.sent.length) return
      await world.runUntil(world.clock.now() + minute)
    }
    throw new Error('mail goes round and round')
  }

  /** What came outside since goes on from there. */
  async #forward(): Promise<void> {
    const { sent } = this.world.dialer
    while (this.#forwarded < sent.length) {
      const { request, raw } = sent[this.#forwarded++]!
      for (const { address } of request.envelope.recipients) {
        const target = this.#plan.forwards[address.slice(0, address.indexOf('@'))]
        if (target === undefined || !address.endsWith(`@${outside}`)) continue
        const text = this.rewritten(new TextDecoder().decode(raw))
        const received = `Received: from mx.facteur.test by mx.outside.test; Mon, 23 Nov 2026 08:00:00 +0000\r\n`
        const { reversePath } = request.envelope
        await this.#arrive(reversePath, this.addressOf(target), received + text)
      }
    }
  }
}
