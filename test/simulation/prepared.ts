/**
 * What each kind of object finds in its database when a run begins: the schema, the people and their aliases.
 */
import { MailStore } from '../../src/mailbox/index.ts'
import { defaultQueueOptions, Queue, SpoolStore } from '../../src/queue/index.ts'
import { DomainStore, RegistryStore } from '../../src/routing/index.ts'
import type { Sql } from '../../src/storage/index.ts'
import { ListStore } from '../../src/lists/index.ts'
import { aliases, hosted, people, rulesOf } from './addresses.ts'
import type { Database } from './database.ts'
import { hookSecret } from './hook-receiver.ts'
import { hookUrl } from './operator.ts'
import type { Plan } from './plan.ts'
import { quietTown, type Town, type TownList } from './town.ts'
import type { Watchers } from './watchers.ts'

const day = 86_400_000

export function prepare(
  database: Database,
  kind: string,
  name: string,
  { freshQueues, ruled, routed, town }: Pick<Plan, 'freshQueues' | 'ruled' | 'routed' | 'town'>,
): void {
  const sql = sqlOf(database)
  if (kind === 'ACCOUNT') new MailStore({ sql, now: Date.now }).create({ address: `${name}@facteur.test`, name })
  if (kind === 'DOMAIN' && hosted.includes(name)) prepareDomain(new DomainStore(sql), name, town === quietTown, ruled)
  if (kind === 'REGISTRY' && routed) prepareRoutes(new RegistryStore(sql))
  if (kind === 'QUEUE' && !freshQueues) prepareQueue(sql)
}

/** What a town has of its own, for one run. */
export function arrange(database: Database, kind: string, name: string, town: Town, now: number): void {
  if (kind === 'DOMAIN' && hosted.includes(name)) arrangeDomain(new DomainStore(sqlOf(database)), name, town, now)
  const list = kind === 'LIST' ? town.lists[name.replace('l-', '')] : undefined
  if (list !== undefined) arrangeList(new ListStore(sqlOf(database)), name.replace('l-', ''), list, now)
}

/** Programs that watch what the house's people send, for one run. */
export function watch(database: Database, kind: string, name: string, watchers: Watchers, now: number): void {
  if (kind !== 'DOMAIN' || name !== 'facteur.test') return
  const { webhooks } = new DomainStore(sqlOf(database))
  for (const [watcher, { events }] of Object.entries(watchers))
    webhooks?.set(watcher, { url: hookUrl(watcher), events }, hookSecret, now)
}

function arrangeDomain(store: DomainStore, domain: string, town: Town, now: number): void {
  for (const [alias, targets] of Object.entries(town.aliases)) {
    const [localPart = '', of] = alias.split('@')
    if (of === domain) must(store.setAlias(localPart, [...targets]))
  }
  if (domain !== 'facteur.test') return
  for (const [name, { owners }] of Object.entries(town.lists)) must(store.setList(name, `l-${name}`, owners))
  for (const hook of Object.keys(town.hooks)) store.webhooks?.set(hook, { url: hookUrl(hook) }, hookSecret, now)
  // Rules are known by their version: no two runs share one.
  must(store.setRules([...town.rules], now))
}

function arrangeList(store: ListStore, name: string, list: TownList, now: number): void {
  const { posting, answersTo, owners, members, near } = list
  store.set({ address: `${name}@facteur.test`, name: '', posting, answersTo, owners })
  for (const [index, address] of members.entries()) {
    if (!store.add(address, `secret${name}${String(index).padStart(9, '0')}`, now))
      throw new Error(`${address} is no member`)
    const member = store.memberAt(address)
    if (member !== undefined && near.includes(address))
      store.noteBounce({ ...member, bounces: 2, bounced: now - 2 * day })
  }
}

function must(change: { ok: boolean; problem?: string }): void {
  if (!change.ok) throw new Error(change.problem)
}

function sqlOf(database: Database): Sql {
  return {
    exec: (query: string, ...bindings: unknown[]) => database.exec(query, ...bindings),
    transaction: <T>(work: () => T): T => database.transactionSync(work),
  } as unknown as Sql
}

function prepareDomain(store: DomainStore, domain: string, isQuiet: boolean, ruled: boolean): void {
  store.host(domain)
  if (domain === 'facteur.test') for (const person of people) store.addAccount(person, person)
  if (!isQuiet) return
  if (ruled) return void store.setRules(rulesOf(domain), 1)
  for (const [alias, targets] of Object.entries(aliases)) {
    const [localPart = '', of] = alias.split('@')
    if (of === domain) store.setAlias(localPart, [...targets])
  }
}

/** Two ways to some domains: somebody's server that takes everything, before the MX hosts or behind them. */
function prepareRoutes(store: RegistryStore): void {
  const relay = 'smtp://relay.test:25?tls=none'
  store.setRoute({ recipient: 'two.test', agents: [relay, 'mx'] })
  store.setRoute({ recipient: 'three.test', agents: ['mx', relay] })
  store.setRoute({ recipient: '*', sender: '<>', agents: [relay, 'mx'] })
}

/** A message comes and goes, which leaves the schema. */
function prepareQueue(sql: Sql): void {
  const queue = new Queue({
    store: new SpoolStore(sql),
    clock: Date.now,
    random: () => 0,
    agent: { deliver: async () => [] },
    report: async () => ({ code: 250, text: '' }),
    options: { ...defaultQueueOptions, hostname: 'mail.facteur.test', reportFrom: { address: 'a@facteur.test' } },
  })
  const recipients = [{ address: 'x@one.test' }]
  const envelope = { reversePath: '', recipients, smtputf8: false, body: '7BIT' } as const
  queue.delete(queue.enqueue({ domain: 'one.test', envelope, raw: new Uint8Array(1) }).id)
}
