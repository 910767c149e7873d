/**
 * One hosted domain's address book as a Durable Object; named by the lower-case domain.
 *
 * Anyone's RCPT may reach an object of any name: until `host()`, it answers "foreign" and writes nothing.
 */
import { DurableObject } from 'cloudflare:workers'
import {
  type ActiveKey,
  type AddressChange,
  type DirectoryAnswer,
  type DirectoryChanges,
  type DomainPerson,
  DomainStore,
  type ListAddress,
  makeMask,
  type MaskedAddress,
  type MaskRefusal,
  type NewMask,
  type NewSigningKey,
  type Profile,
  type PublishedKey,
  type Rule,
  type RuleChange,
  type RuleList,
  type Webhook,
  type WebhookSettings,
} from '../../routing/index.ts'
import type { DomainDoor } from './doors.ts'
import type { Env } from './env.ts'
import { randomBelow } from './random.ts'
import { randomText } from './random.ts'
import { durableSql } from './sql.ts'

export class DomainObject extends DurableObject<Env> implements DomainDoor {
  readonly #store: DomainStore

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new DomainStore(durableSql(ctx.storage))
  }

  lookup(localPart: string): DirectoryAnswer {
    return this.#store.lookup(localPart)
  }

  isHosted(): boolean {
    return this.#store.domain !== undefined
  }

  host(domain: string): AddressChange {
    return this.#store.host(domain)
  }

  unhost(): AddressChange {
    return this.#store.unhost()
  }

  addAccount(localPart: string, accountId: string, name?: string): AddressChange {
    return this.#store.addAccount(localPart, accountId, name)
  }

  people(accountIds?: string[]): { state: number; people: DomainPerson[] } {
    return this.#store.people(accountIds)
  }

  peopleChanges(since: number): DirectoryChanges {
    return this.#store.peopleChanges(since)
  }

  setProfile(accountId: string, profile: Profile): boolean {
    return this.#store.setProfile(accountId, profile)
  }

  webhooks(): Webhook[] {
    return this.#store.webhooks?.all() ?? []
  }

  webhook(name: string): Webhook | undefined {
    return this.#store.webhooks?.get(name)
  }

  setWebhook(name: string, settings: WebhookSettings, secret: string): boolean {
    return this.#store.webhooks?.set(name, settings, secret, Date.now()) ?? false
  }

  rotateWebhook(name: string, secret: string): boolean {
    return this.#store.webhooks?.rotate(name, secret, Date.now()) ?? false
  }

  stopWebhook(name: string): void {
    this.#store.webhooks?.stop(name, Date.now())
  }

  removeWebhook(name: string): boolean {
    return this.#store.webhooks?.remove(name) ?? false
  }

  webhookLinkSecret(): string | undefined {
    return this.#store.secret('webhook-links', () => randomText(40))
  }

  returnPathSecret(): string | undefined {
    return this.#store.secret('return-path', () => randomText(40))
  }

  rules(): RuleList & { separator: string } {
    return this.#store.rules()
  }

  setRules(rules: Rule[], expected?: number): RuleChange {
    return this.#store.setRules(rules, Date.now(), expected)
  }

  removeAccount(localPart: string): AddressChange {
    return this.#store.removeAccount(localPart)
  }

  aliases(): { address: string; targets: string[] }[] {
    const domain = this.#store.domain
    return this.#store.aliases().map(({ localPart, targets }) => ({ address: `${localPart}@${domain}`, targets }))
  }

  setAlias(localPart: string, targets: string[]): AddressChange {
    return this.#store.setAlias(localPart, targets)
  }

  removeAlias(localPart: string): AddressChange {
    return this.#store.removeAlias(localPart)
  }

  masks(accountId: string): { state: number; masks: MaskedAddress[] } {
    const { masks } = this.#store
    return masks === undefined ? { state: 0, masks: [] } : { state: masks.state, masks: masks.of(accountId) }
  }

  makeMask(accountId: string, mask: NewMask): MaskedAddress | MaskRefusal | null {
    return makeMask(this.#store, accountId, mask, Date.now(), randomBelow) ?? null
  }

  updateMask(accountId: string, mask: MaskedAddress): void {
    this.#store.masks?.update(accountId, mask)
  }

  removeMask(accountId: string, localPart: string): void {
    this.#store.masks?.remove(accountId, localPart)
  }

  lists(): ListAddress[] {
    return this.#store.lists()
  }

  list(localPart: string): ListAddress | undefined {
    return this.#store.list(localPart)
  }

  setList(localPart: string, listId: string, owners: string[]): AddressChange {
    return this.#store.setList(localPart, listId, owners)
  }

  removeList(localPart: string): AddressChange {
    return this.#store.removeList(localPart)
  }

  /** A message came to the address, which may be a subaddress of a masked one. */
  maskUsed(localPart: string): void {
    const answer = this.#store.lookup(localPart)
    if (answer.kind !== 'account' || answer.mask === undefined) return
    this.#store.masks?.used(answer.address.slice(0, answer.address.lastIndexOf('@')), Date.now())
  }

  signingKeys(): PublishedKey[] | undefined {
    return this.#store.signingKeys?.list()
  }

  activeSigningKeys(): ActiveKey[] {
    return this.#store.signingKeys?.active() ?? []
  }

  addSigningKeys(keys: NewSigningKey[], state: 'next' | 'active'): void {
    this.#store.signingKeys?.add(keys, state, Date.now())
  }

  activateSigningKeys(): void {
    this.#store.signingKeys?.activate(Date.now())
  }

  retireSigningKeys(): void {
    this.#store.signingKeys?.retireAll(Date.now())
  }
}
