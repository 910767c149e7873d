/**
 * Mail accounts: made, found, given passwords and tokens, and destroyed, across the objects that each know a part.
 *
 * Order is what keeps them consistent without a transaction over objects: an account is complete before an address leads
 * to it, and no address leads to it before it is destroyed. What a crash can leave is an account nobody can reach.
 */
import { reportLanguages } from '../../format/index.ts'
import { AdminError } from './error.ts'
import type { Suppression } from '../../mailbox/index.ts'
import {
  countOrNull,
  hostedAddress,
  octetsOrNull,
  optionalPassword,
  optionalText,
  requiredPassword,
  requiredText,
  type Fields,
  type MailboxName,
} from './fields.ts'
import { expectHosted } from './hosted-domain.ts'
import type { AccountSummary, AccountUsage, AdminPorts, TokenSummary } from './ports.ts'

export class AccountAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  async list(domain?: string): Promise<AccountSummary[]> {
    const { registry } = this.#ports
    if (domain === undefined) return registry.accounts()
    return registry.accounts((await expectHosted(this.#ports, domain)).name)
  }

  /** `password` in the result only when none was given: it is shown once and stored as a hash. */
  async add(fields: Fields): Promise<{ id: string; address: string; password?: string }> {
    const name = hostedAddress(requiredText(fields, 'address', 320), { place: 'address' })
    const given = optionalPassword(fields)
    const password = given ?? this.#ports.newPassword()
    const domain = this.#ports.domain(name.domain)
    if (!(await domain.isHosted())) {
      throw new AdminError('conflict', `${name.domain} is not hosted here; add the domain first`)
    }
    if ((await domain.accountOf(name.localPart)) !== undefined) {
      throw new AdminError('conflict', `${name.address} exists already`)
    }

    const id = this.#ports.newAccountId()
    const display = optionalText(fields, 'name') ?? ''
    const account = this.#ports.account(id)
    await account.create({ address: name.address, name: display, password })
    const bound = await domain.bindAccount(name.localPart, id, display)
    if (!bound.ok) {
      await account.destroy()
      throw new AdminError('conflict', bound.problem)
    }
    await this.#ports.registry.addAccount({ id, address: name.address, created: this.#ports.now() })
    return { id, address: name.address, ...(given === undefined ? { password } : {}) }
  }

  async show(address: string): Promise<{ id: string; address: string } & AccountUsage> {
    const { name, id } = await this.#find(address)
    return { id, address: name.address, ...(await this.#ports.account(id).usage()) }
  }

  async setPassword(address: string, fields: Fields): Promise<void> {
    const password = requiredPassword(fields)
    const { id } = await this.#find(address)
    await this.#ports.account(id).setPassword(password)
  }

  /** Sets the limit on what the account may hold. What is there already stays. */
  async setQuota(address: string, fields: Fields): Promise<void> {
    const bytes = octetsOrNull(fields, 'bytes')
    const { id } = await this.#find(address)
    await this.#ports.account(id).setQuota(bytes ?? undefined)
  }

  /** Addresses outside to which the account does not send for now, because mail came back or somebody complained. */
  async suppressions(address: string): Promise<Suppression[]> {
    const { id } = await this.#find(address)
    return this.#ports.account(id).suppressions()
  }

  async unsuppress(address: string, target: string): Promise<void> {
    const { name, id } = await this.#find(address)
    if (!(await this.#ports.account(id).unsuppress(target))) {
      throw new AdminError('missing', `${name.address} may send to that address`)
    }
  }

  /** How many recipients outside the account may send to; 0: as many as it likes; null for both: as the settings say. */
  async setSendLimits(address: string, fields: Fields): Promise<void> {
    const [perHour, perDay] = [countOrNull(fields, 'perHour'), countOrNull(fields, 'perDay')]
    const { id } = await this.#find(address)
    const isOwn = perHour !== null || perDay !== null
    await this.#ports.account(id).setSendLimits(isOwn ? { perHour: perHour ?? 0, perDay: perDay ?? 0 } : null)
  }

  /** In which its people get reports; null: as their messages say. */
  async setLanguage(address: string, fields: Fields): Promise<void> {
    const language = optionalText(fields, 'language')?.toLowerCase() ?? null
    if (language !== null && !reportLanguages.includes(language)) {
      throw new AdminError('invalid', `Reports can be written in: ${reportLanguages.join(', ')}`, 'language')
    }
    const { id } = await this.#find(address)
    await this.#ports.account(id).setLanguage(language)
  }

  /** Destroys the account and all its mail. */
  async remove(address: string): Promise<void> {
    const { name, id } = await this.#find(address)
    await this.#ports.domain(name.domain).unbindAccount(name.localPart)
    await this.#ports.registry.removeAccount(id)
    await this.#ports.account(id).destroy()
  }

  async addToken(address: string, fields: Fields): Promise<{ id: string; token: string }> {
    const label = optionalText(fields, 'name') ?? 'token'
    const { id } = await this.#find(address)
    return this.#ports.account(id).addToken(label)
  }

  async tokens(address: string): Promise<TokenSummary[]> {
    const { id } = await this.#find(address)
    return this.#ports.account(id).tokens()
  }

  async deleteToken(address: string, tokenId: string): Promise<void> {
    const { name, id } = await this.#find(address)
    if (!(await this.#ports.account(id).deleteToken(tokenId))) {
      throw new AdminError('missing', `${name.address} has no such token`)
    }
  }

  async #find(address: string): Promise<{ name: MailboxName; id: string }> {
    const name = hostedAddress(address)
    const id = await this.#ports.domain(name.domain).accountOf(name.localPart)
    if (id === undefined) throw new AdminError('missing', `there is no account ${name.address}`)
    return { name, id }
  }
}
