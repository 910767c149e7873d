/**
 * The addresses of one hosted domain: accounts, aliases, catch-all, subaddressing.
 *
 * Standards: RFC 5321 §4.5.1 (postmaster), RFC 2142 (abuse), RFC 5233 (subaddress), RFC 5321 §2.4 (case).
 * Limits: 100 targets an alias, so that one address cannot become a mailing list without its safeguards.
 */
import { encodeUtf8, formatAddress, splitAddress } from '../format/index.ts'
import { isMigrated, migrate, type Sql } from '../storage/index.ts'
import { canonicalAddress, canonicalDomain, canonicalLocalPart } from './address.ts'
import { AliasAddresses, type DomainAlias } from './alias-addresses.ts'
import type { DirectoryAnswer } from './directory.ts'
import { type DirectoryChanges, DirectoryLog, type Profile } from './directory-log.ts'
import { domainSchema } from './domain-schema.ts'
import { DomainSettings } from './domain-settings.ts'
import { type ListAddress, ListAddresses, longestListName } from './list-addresses.ts'
import { MaskedAddresses } from './masked-addresses.ts'
import { type Rule, type RuleChange, type RuleList, RuleStore } from './rules/index.ts'
import { reportsLocalPart } from './reports-mailbox.ts'
import { SigningKeys } from './signing-keys.ts'
import { WebhookStore } from './webhook-store.ts'

export interface DomainAccount {
  accountId: string
  address: string
}

/** Somebody with an account in the domain, as the others see them. */
export interface DomainPerson extends DomainAccount {
  profile: Profile
}

/** What became of a change the administrator asked for; `problem` is a sentence for people. */
export type AddressChange = { ok: true; address: string } | { ok: false; problem: string }

const maxTargets = 100
/** Addresses that every domain must answer (RFC 5321 §4.5.1, RFC 2142 §4). */
const obligatory = new Set(['postmaster', 'abuse'])

/**
 * SQL of a DomainObject. A domain that nobody hosts writes nothing, however often strangers ask for its addresses:
 * it answers `foreign` until `host()`.
 */
export class DomainStore {
  readonly #sql: Sql
  readonly #settings: DomainSettings
  readonly #aliases: AliasAddresses
  readonly #people: DirectoryLog
  readonly #signingKeys: SigningKeys
  readonly #masks: MaskedAddresses
  readonly #lists: ListAddresses
  readonly #webhooks: WebhookStore
  readonly #rules: RuleStore
  #domain: string | undefined
  #loaded = false

  constructor(sql: Sql) {
    this.#sql = sql
    this.#settings = new DomainSettings(sql)
    this.#aliases = new AliasAddresses(sql)
    this.#people = new DirectoryLog(sql)
    this.#signingKeys = new SigningKeys(sql)
    this.#masks = new MaskedAddresses(sql)
    this.#lists = new ListAddresses(sql)
    this.#webhooks = new WebhookStore(sql)
    this.#rules = new RuleStore(sql)
  }

  /** The hosted domain, canonical; undefined while the domain is not hosted. */
  get domain(): string | undefined {
    if (!this.#loaded) {
      this.#domain = isMigrated(this.#sql) ? this.#settings.get('domain') : undefined
      if (this.#domain !== undefined) migrate(this.#sql, domainSchema)
      this.#loaded = true
    }
    return this.#domain
  }

  /** The keys its mail is signed with; undefined while the domain is not hosted. */
  get signingKeys(): SigningKeys | undefined {
    return this.domain === undefined ? undefined : this.#signingKeys
  }

  /** Addresses that its people made up; undefined while the domain is not hosted. */
  get masks(): MaskedAddresses | undefined {
    return this.domain === undefined ? undefined : this.#masks
  }

  lists(): ListAddress[] {
    return this.domain === undefined ? [] : this.#lists.all()
  }

  list(localPart: string): ListAddress | undefined {
    return this.domain === undefined ? undefined : this.#lists.get(canonicalLocalPart(localPart))
  }

  /** Lets the address lead to a list; again: changes who looks after it. */
  setList(localPart: string, listId: string, owners: readonly string[]): AddressChange {
    const checked = this.#newLocalPart(localPart)
    if (!checked.ok) return checked
    const key = canonicalLocalPart(localPart)
    const present = this.#lists.get(key)
    if (present === undefined && this.#find(key) !== undefined) return refuse(`${checked.address} is in use already.`)
    if (present !== undefined && present.listId !== listId) return refuse(`${checked.address} is a list already.`)
    if (encodeUtf8(key).length > longestListName) {
      return refuse(
        `The name of a list has at most ${longestListName} octets: its members get longer addresses below it.`,
      )
    }
    this.#lists.set({ localPart: key, listId, owners: [...owners] })
    return checked
  }

  removeList(localPart: string): AddressChange {
    const key = canonicalLocalPart(localPart)
    const domain = this.domain
    if (domain === undefined || this.#lists.get(key) === undefined) {
      return refuse(`There is no list "${localPart}" in this domain.`)
    }
    this.#lists.remove(key)
    return { ok: true, address: `${key}@${domain}` }
  }

  /** Nobody has this address, nor had it as a masked one. */
  isFree(localPart: string): boolean {
    return this.#find(canonicalLocalPart(localPart)) === undefined
  }

  hasAccount(accountId: string): boolean {
    const query = 'SELECT 1 FROM account WHERE account = ?'
    return this.domain !== undefined && this.#sql.exec(query, accountId).toArray().length > 0
  }

  /** Programs that rules of the domain tell of messages; undefined while the domain is not hosted. */
  get webhooks(): WebhookStore | undefined {
    return this.domain === undefined ? undefined : this.#webhooks
  }

  /** Hosts the domain from now on. Doing it again changes nothing. */
  host(domain: string): AddressChange {
    const canonical = canonicalDomain(domain)
    if (canonical === undefined || canonical.startsWith('[')) return refuse(`"${domain}" is not a domain name.`)
    const present = this.domain
    if (present !== undefined && present !== canonical) return refuse(`This is the address book of ${present}.`)
    if (present === undefined) {
      migrate(this.#sql, domainSchema)
      this.#settings.set('domain', canonical)
      this.#domain = canonical
    }
    return { ok: true, address: canonical }
  }

  /** Hosts the domain no longer. Refused while it has accounts: their mail would become unreachable. */
  unhost(): AddressChange {
    const domain = this.domain
    if (domain === undefined) return refuse('This domain is not hosted here.')
    const accounts = this.accounts()
    if (accounts.length > 0) {
      return refuse(
        `${domain} still has ${accounts.length} account${accounts.length === 1 ? '' : 's'}; remove them first.`,
      )
    }
    const lists = this.#lists.all()
    if (lists.length > 0) {
      return refuse(`${domain} still has ${lists.length} list${lists.length === 1 ? '' : 's'}; remove them first.`)
    }
    this.#sql.transaction(() => {
      this.#aliases.clear()
      this.#sql.exec('DELETE FROM signing_key')
      this.#sql.exec('DELETE FROM masked_address')
      this.#webhooks.clear()
      // The directory's number stays: a state that was given out must not mean something else later.
      this.#sql.exec(`DELETE FROM setting WHERE key NOT LIKE 'directory%'`)
    })
    this.#domain = undefined
    this.#rules.forget()
    return { ok: true, address: domain }
  }

  /**
   * Who gets mail for `localPart`: the address itself, be it an account's, an alias or a masked one; else, below a
   * subaddress, the address before the separator; else, for postmaster and abuse, the catch-all or the oldest account; else the catch-all.
   */
  lookup(localPart: string): DirectoryAnswer {
    if (this.domain === undefined) return { kind: 'foreign' }
    const answer = this.#addressee(localPart)
    const { version } = this.#rules
    const { watchers } = this.#webhooks
    if (version === 0 && watchers.length === 0) return answer
    return { ...answer, ...(version === 0 ? {} : { rules: version }), ...(watchers.length === 0 ? {} : { watchers }) }
  }

  #addressee(localPart: string): Exclude<DirectoryAnswer, { kind: 'foreign' }> {
    const wanted = canonicalLocalPart(localPart)
    const exact = this.#find(wanted)
    if (exact !== undefined) return exact
    const separator = this.separator === '' ? -1 : wanted.indexOf(this.separator)
    if (separator > 0) {
      const base = this.#find(wanted.slice(0, separator))
      const detail = localPart.normalize('NFC').slice(separator + this.separator.length)
      if (base !== undefined) return base.kind === 'account' || base.kind === 'list' ? { ...base, detail } : base
    }
    if (wanted === reportsLocalPart) return { kind: 'reports' }
    const catchAll = this.#aliases.find('*')
    if (catchAll !== undefined) return catchAll
    const eldest = obligatory.has(wanted) ? this.accounts()[0] : undefined
    return eldest === undefined ? { kind: 'unknown' } : { kind: 'account', ...eldest }
  }

  /** A secret of the domain's own, which `fresh` makes when it is first asked for; undefined while the domain is not hosted. */
  secret(name: string, fresh: () => string): string | undefined {
    return this.domain === undefined ? undefined : this.#settings.secret(name, fresh)
  }

  /** With what separates a subaddress, which they speak of. Without rules the version is 0. */
  rules(): RuleList & { separator: string } {
    if (this.domain === undefined) return { version: 0, rules: [], separator: '' }
    return { ...this.#rules.list(), separator: this.separator }
  }

  /** Replaces all of them, if they are still in the version `expected`, where one is given. */
  setRules(rules: readonly Rule[], now: number, expected?: number): RuleChange {
    if (this.domain === undefined) return refuse('This domain is not hosted here.')
    if (expected !== undefined && expected !== this.#rules.version) {
      return refuse('The rules have changed meanwhile; read them again.')
    }
    return { ok: true, list: this.#rules.replace(rules, now) }
  }

  /** What separates a subaddress; `''` switches subaddressing off. */
  get separator(): string {
    return this.#settings.get('separator') ?? '+'
  }

  setSeparator(separator: string): AddressChange {
    const domain = this.domain
    if (domain === undefined) return refuse('This domain is not hosted here.')
    if (!/^[-+=_#]?$/.test(separator)) return refuse('The separator must be one of + - = _ # or empty.')
    this.#settings.set('separator', separator)
    return { ok: true, address: domain }
  }

  /** Oldest first. */
  accounts(): DomainAccount[] {
    const domain = this.domain
    if (domain === undefined) return []
    const query = 'SELECT local_part, account FROM account ORDER BY position'
    const rows = this.#sql.exec<{ local_part: string; account: string }>(query).toArray()
    return rows.map((row) => ({
      accountId: row.account,
      address: formatAddress({ localPart: row.local_part, domain }),
    }))
  }

  /** The people of the domain, oldest first; only these, when ids are given. */
  people(accountIds?: readonly string[]): { state: number; people: DomainPerson[] } {
    const domain = this.domain
    if (domain === undefined) return { state: 0, people: [] }
    const people = this.#people.list(accountIds).map(({ accountId, localPart, profile }) => ({
      accountId,
      address: formatAddress({ localPart, domain }),
      profile,
    }))
    return { state: this.#people.state, people }
  }

  peopleChanges(since: number): DirectoryChanges {
    return this.domain === undefined ? { state: 0, changes: null } : this.#people.changes(since)
  }

  /** False when the domain has no such account. */
  setProfile(accountId: string, profile: Profile): boolean {
    return this.domain !== undefined && this.#people.update(accountId, profile)
  }

  /** `name` is the one for people to see, until they choose another. */
  addAccount(localPart: string, accountId: string, name = ''): AddressChange {
    const checked = this.#newLocalPart(localPart)
    if (!checked.ok) return checked
    if (accountId === '') return refuse('An account needs an id.')
    const key = canonicalLocalPart(localPart)
    if (this.#aliases.find(key) !== undefined) return refuse(`${checked.address} is an alias already.`)
    if (this.#account(key) !== undefined) return refuse(`${checked.address} is an account already.`)
    if (this.#masks.find(key) !== undefined) return refuse(masked(checked.address))
    if (this.#lists.get(key) !== undefined) return refuse(`${checked.address} is a list already.`)
    this.#sql.transaction(() => {
      const insert = `INSERT INTO account (local_part, account, position)
        SELECT ?, ?, coalesce(max(position), 0) + 1 FROM account`
      this.#sql.exec(insert, key, accountId)
      this.#people.added(key, name === '' ? {} : { name })
    })
    return checked
  }

  removeAccount(localPart: string): AddressChange {
    const key = canonicalLocalPart(localPart)
    const found = this.domain === undefined ? undefined : this.#account(key)
    if (found === undefined) return refuse(`There is no account "${localPart}" in this domain.`)
    this.#sql.transaction(() => {
      this.#people.removing(key)
      this.#masks.removeAll(found.accountId)
      this.#sql.exec('DELETE FROM account WHERE local_part = ?', key)
    })
    return { ok: true, address: found.address }
  }

  aliases(): DomainAlias[] {
    return this.domain === undefined ? [] : this.#aliases.all()
  }

  /** Makes or replaces an alias; `*` is the catch-all. Targets may be addresses anywhere. */
  setAlias(localPart: string, targets: readonly string[]): AddressChange {
    const checked =
      localPart === '*' && this.domain !== undefined ? catchAll(this.domain) : this.#newLocalPart(localPart)
    if (!checked.ok) return checked
    const key = canonicalLocalPart(localPart)
    if (this.#account(key) !== undefined) return refuse(`${checked.address} is an account already.`)
    if (this.#masks.find(key) !== undefined) return refuse(masked(checked.address))
    if (this.#lists.get(key) !== undefined) return refuse(`${checked.address} is a list already.`)
    if (targets.length === 0) return refuse('An alias needs at least one target address.')
    if (targets.length > maxTargets) return refuse(`An alias can have ${maxTargets} targets, not ${targets.length}.`)
    const list = new Map<string, string>()
    for (const target of targets) {
      const canonical = canonicalAddress(target)
      if (canonical === undefined) return refuse(`"${target}" is not a mail address.`)
      if (canonical === checked.address) return refuse(`${checked.address} cannot be its own target.`)
      if (!list.has(canonical)) list.set(canonical, target)
    }
    this.#aliases.set(key, [...list.values()])
    return checked
  }

  removeAlias(localPart: string): AddressChange {
    const key = canonicalLocalPart(localPart)
    const domain = this.domain
    if (domain === undefined || this.#aliases.find(key) === undefined) {
      return refuse(`There is no alias "${localPart}" in this domain.`)
    }
    this.#aliases.remove(key)
    return { ok: true, address: `${key}@${domain}` }
  }

  /** A masked address that was revoked is `unknown`, catch-all or not. */
  #find(key: string): Exclude<DirectoryAnswer, { kind: 'foreign' }> | undefined {
    const account = this.#account(key)
    if (account !== undefined) return { kind: 'account', ...account }
    return this.#aliases.find(key) ?? this.#mask(key) ?? this.#lists.find(key)
  }

  #mask(key: string): Exclude<DirectoryAnswer, { kind: 'foreign' | 'alias' }> | undefined {
    const mask = this.#masks.find(key)
    if (mask === undefined) return undefined
    const { accountId, state } = mask
    if (state === 'deleted') return { kind: 'unknown' }
    const address = formatAddress({ localPart: key, domain: this.domain as string })
    return { kind: 'account', accountId, address, mask: state === 'disabled' ? 'disabled' : 'enabled' }
  }

  #account(key: string): DomainAccount | undefined {
    const row = this.#sql
      .exec<{ account: string }>('SELECT account FROM account WHERE local_part = ?', key)
      .toArray()[0]
    if (row === undefined) return undefined
    return { accountId: row.account, address: formatAddress({ localPart: key, domain: this.domain as string }) }
  }

  #newLocalPart(localPart: string): AddressChange {
    const domain = this.domain
    if (domain === undefined) return refuse('This domain is not hosted here.')
    const key = canonicalLocalPart(localPart)
    const parts = splitAddress(`${key}@${domain}`)
    // A quoted local part is unquoted by splitting, so it differs; nobody can type such an address twice alike.
    if (parts === undefined || parts.localPart !== key) {
      return refuse(`"${localPart}" cannot stand before the @ of an address.`)
    }
    return { ok: true, address: `${key}@${domain}` }
  }
}

function masked(address: string): string {
  return `${address} is or was somebody's masked address.`
}

function catchAll(domain: string): AddressChange {
  return { ok: true, address: `*@${domain}` }
}

function refuse(problem: string): { ok: false; problem: string } {
  return { ok: false, problem }
}
