/**
 * Masked addresses of accounts, for those who manage them by command or program in place of JMAP.
 */
import { type MaskedAddress, maxMaskPrefix, mostMasks } from '../../routing/index.ts'
import { AdminError } from './error.ts'
import { type Fields, hostedAddress, type MailboxName, optionalText, requiredText } from './fields.ts'
import type { AdminPorts, DomainDoor } from './ports.ts'

export interface MaskView {
  readonly address: string
  readonly state: MaskedAddress['state']
  readonly description: string
  readonly forDomain: string
  readonly created: number
  /** Of the newest message, to the hour. */
  readonly lastMessage?: number
}

export class MaskAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  /** Oldest first. */
  async list(account: string): Promise<MaskView[]> {
    const { name, id, door } = await this.#find(account)
    return (await door.masks(id)).map((mask) => view(mask, name.domain))
  }

  /** Makes one up, in use from the start. */
  async add(account: string, fields: Fields): Promise<MaskView> {
    const description = optionalText(fields, 'description') ?? ''
    const forDomain = optionalText(fields, 'forDomain') ?? ''
    const prefix = optionalText(fields, 'prefix') ?? ''
    if (!/^[a-z0-9_]*$/.test(prefix) || prefix.length > maxMaskPrefix) {
      throw new AdminError('invalid', `"prefix" may have a to z, 0 to 9 and _, at most ${maxMaskPrefix}`, 'prefix')
    }
    const { name, id, door } = await this.#find(account)
    const wanted = { description, forDomain, url: null, prefix, state: 'enabled', createdBy: 'administration' } as const
    const made = await door.makeMask(id, wanted)
    if (made === 'tooFast') throw new AdminError('conflict', `${name.address} has made too many today`)
    if (made === 'tooMany')
      throw new AdminError('conflict', `${name.address} has ${mostMasks} already, or no name is free`)
    if (made === undefined) throw new AdminError('missing', `there is no account ${name.address}`)
    return view(made, name.domain)
  }

  /** `enabled`, `disabled` or `deleted`. */
  async setState(account: string, mask: string, fields: Fields): Promise<MaskView> {
    const state = requiredText(fields, 'state')
    if (state !== 'enabled' && state !== 'disabled' && state !== 'deleted') {
      throw new AdminError('invalid', '"state" must be enabled, disabled or deleted', 'state')
    }
    const { name, id, door } = await this.#find(account)
    const { localPart, domain } = hostedAddress(mask)
    const found = (await door.masks(id)).find((one) => one.localPart === localPart && name.domain === domain)
    if (found === undefined) throw new AdminError('missing', `${name.address} has no such masked address`)
    const changed = { ...found, state } as const
    await door.updateMask(id, changed)
    return view(changed, name.domain)
  }

  async #find(account: string): Promise<{ name: MailboxName; id: string; door: DomainDoor }> {
    const name = hostedAddress(account)
    const door = this.#ports.domain(name.domain)
    const id = await door.accountOf(name.localPart)
    if (id === undefined) throw new AdminError('missing', `there is no account ${name.address}`)
    return { name, id, door }
  }
}

function view(mask: MaskedAddress, domain: string): MaskView {
  const { localPart, state, description, forDomain, created, lastMessage } = mask
  const address = `${localPart}@${domain}`
  return { address, state, description, forDomain, created, ...(lastMessage === undefined ? {} : { lastMessage }) }
}
