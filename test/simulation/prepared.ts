/**
 * What each kind of object finds in its database when a run begins: the schema, the people and their aliases.
 */
import { MailStore } from '../../src/mailbox/index.ts'
import { defaultQueueOptions, Queue, SpoolStore } from '../../src/queue/index.ts'
import { DomainStore, RegistryStore } from '../../src/routing/index.ts'
import type { Sql } from '../../src/storage/index.ts'
import { aliases, people, rulesOf } from './addresses.ts'
import type { Database } from './database.ts'
import type { Plan } from './plan.ts'

export function prepare(
  database: Database,
  kind: string,
  name: string,
  { freshQueues, ruled, routed }: Pick<Plan, 'freshQueues' | 'ruled' | 'routed'>,
): void {
  const sql = {
    exec: (query: string, ...bindings: unknown[]) => database.exec(query, ...bindings),
    transaction: <T>(work: () => T): T => database.transactionSync(work),
  } as unknown as Sql
  if (kind === 'ACCOUNT') new MailStore({ sql, now: Date.now }).create({ address: `${name}@facteur.test`, name })
  if (kind === 'DOMAIN' && ['facteur.test', 'branch.test'].includes(name))
    prepareDomain(new DomainStore(sql), name, ruled)
  if (kind === 'REGISTRY' && routed) prepareRoutes(new RegistryStore(sql))
  if (kind === 'QUEUE' && !freshQueues) prepareQueue(sql)
}

function prepareDomain(store: DomainStore, domain: string, ruled: boolean): void {
  store.host(domain)
  if (domain === 'facteur.test') for (const person of people) store.addAccount(person, person)
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
