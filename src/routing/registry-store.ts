/**
 * The administrator's overview: hosted domains, accounts, destinations with waiting mail. On no message's path.
 */
import { isMigrated, migrate, type Migration, type Sql } from '../storage/index.ts'
import { canonicalDomain } from './address.ts'
import type { OutboundRoute } from './outbound-route.ts'

export interface RegisteredDomain {
  domain: string
  /** Milliseconds since the epoch. */
  created: number
}

export interface RegisteredAccount {
  accountId: string
  address: string
  created: number
}

export interface WaitingDestination {
  domain: string
  since: number
}

/** All of them are read at once, by whoever sends. */
const maxRoutes = 1_000

const schema: readonly Migration[] = [
  `CREATE TABLE domain (domain TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE account (account TEXT PRIMARY KEY, address TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE destination (domain TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE route (recipient TEXT, sender TEXT, agents TEXT NOT NULL, PRIMARY KEY (recipient, sender)) WITHOUT ROWID`,
]

/** SQL of the RegistryObject. Adding what is there, or removing what is not, changes nothing. */
export class RegistryStore {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** By name. */
  domains(): RegisteredDomain[] {
    if (!isMigrated(this.#sql)) return []
    return this.#sql.exec<{ domain: string; created: number }>('SELECT * FROM domain ORDER BY domain').toArray()
  }

  hosts(domain: string): boolean {
    const canonical = canonicalDomain(domain)
    if (canonical === undefined || !isMigrated(this.#sql)) return false
    return this.#sql.exec('SELECT 1 FROM domain WHERE domain = ?', canonical).toArray().length === 1
  }

  /** False when `domain` is not a domain name. */
  addDomain(domain: string, now: number): boolean {
    const canonical = canonicalDomain(domain)
    if (canonical === undefined) return false
    migrate(this.#sql, schema)
    this.#sql.exec('INSERT OR IGNORE INTO domain VALUES (?, ?)', canonical, now)
    return true
  }

  removeDomain(domain: string): void {
    if (isMigrated(this.#sql)) this.#sql.exec('DELETE FROM domain WHERE domain = ?', canonicalDomain(domain) ?? domain)
  }

  /** One page by account id, after `after`; `domain` keeps only its addresses. */
  accounts(page: { after?: string; limit?: number; domain?: string } = {}): RegisteredAccount[] {
    if (!isMigrated(this.#sql)) return []
    const domain = page.domain === undefined ? '' : `@${canonicalDomain(page.domain) ?? page.domain}`
    const rows = this.#sql.exec<{ account: string; address: string; created: number }>(
      `SELECT * FROM account WHERE account > ? AND (? = '' OR substr(address, -length(?)) = ?) ORDER BY account LIMIT ?`,
      page.after ?? '',
      domain,
      domain,
      domain,
      Math.min(page.limit ?? 1_000, 1_000),
    )
    return rows.toArray().map((row) => ({ accountId: row.account, address: row.address, created: row.created }))
  }

  addAccount(account: RegisteredAccount): void {
    migrate(this.#sql, schema)
    const { accountId, address, created } = account
    this.#sql.exec('INSERT OR REPLACE INTO account VALUES (?, ?, ?)', accountId, address, created)
  }

  removeAccount(accountId: string): void {
    if (isMigrated(this.#sql)) this.#sql.exec('DELETE FROM account WHERE account = ?', accountId)
  }

  /** Destinations whose queue holds mail, by name. */
  waiting(): WaitingDestination[] {
    if (!isMigrated(this.#sql)) return []
    return this.#sql.exec<{ domain: string; since: number }>('SELECT * FROM destination ORDER BY domain').toArray()
  }

  /** A queue began to hold mail back. */
  markWaiting(domain: string, now: number): void {
    migrate(this.#sql, schema)
    this.#sql.exec('INSERT OR IGNORE INTO destination VALUES (?, ?)', domain, now)
  }

  /** A queue is empty again. */
  clearWaiting(domain: string): void {
    if (isMigrated(this.#sql)) this.#sql.exec('DELETE FROM destination WHERE domain = ?', domain)
  }

  /** The operator's routes to other domains, by recipient. */
  routes(): OutboundRoute[] {
    if (!isMigrated(this.#sql)) return []
    migrate(this.#sql, schema)
    return this.#sql
      .exec<{ recipient: string; sender: string; agents: string }>('SELECT * FROM route ORDER BY recipient, sender')
      .toArray()
      .map(({ recipient, sender, agents }) => ({
        recipient,
        ...(sender === '' ? {} : { sender }),
        agents: JSON.parse(agents) as string[],
      }))
  }

  /** Makes or replaces the route of these two patterns, which are canonical. False when there are too many. */
  setRoute({ recipient, sender = '', agents }: OutboundRoute): boolean {
    migrate(this.#sql, schema)
    const others = this.#sql
      .exec<{ count: number }>(
        'SELECT count(*) AS count FROM route WHERE NOT (recipient = ? AND sender = ?)',
        recipient,
        sender,
      )
      .one().count
    if (others >= maxRoutes) return false
    this.#sql.exec('INSERT OR REPLACE INTO route VALUES (?, ?, ?)', recipient, sender, JSON.stringify(agents))
    return true
  }

  /** False when there is none. */
  removeRoute(recipient: string, sender = ''): boolean {
    if (!isMigrated(this.#sql)) return false
    migrate(this.#sql, schema)
    const found = this.#sql.exec('DELETE FROM route WHERE recipient = ? AND sender = ? RETURNING 1', recipient, sender)
    return found.toArray().length > 0
  }
}
