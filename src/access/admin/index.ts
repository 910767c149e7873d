import { AccountAdministration } from './accounts.ts'
import { AliasAdministration } from './aliases.ts'
import { DomainAdministration } from './domains.ts'
import type { AdminPorts } from './ports.ts'
import { QueueAdministration } from './queues.ts'

export { AdminError, type AdminFault } from './error.ts'
export type { Fields } from './fields.ts'
export type {
  AccountDoor,
  AccountSummary,
  AccountUsage,
  AdminPorts,
  AliasSummary,
  DomainDoor,
  QueueDoor,
  RegistryDoor,
  TokenSummary,
} from './ports.ts'
export type { QueueAction, WaitingMessage, WaitingRecipient } from './queues.ts'

/** The administrator's view of the house, by noun. */
export interface Administration {
  readonly domains: DomainAdministration
  readonly accounts: AccountAdministration
  readonly aliases: AliasAdministration
  readonly queues: QueueAdministration
}

export function administration(ports: AdminPorts): Administration {
  return {
    domains: new DomainAdministration(ports),
    accounts: new AccountAdministration(ports),
    aliases: new AliasAdministration(ports),
    queues: new QueueAdministration(ports),
  }
}
