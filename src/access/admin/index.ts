import { AccountAdministration } from './accounts.ts'
import { AliasAdministration } from './aliases.ts'
import { DomainAdministration } from './domains.ts'
import type { AdminPorts } from './ports.ts'
import { ListAdministration } from './lists.ts'
import { MaskAdministration } from './masks.ts'
import { QueueAdministration } from './queues.ts'
import { ReportAdministration } from './reports.ts'
import { RouteAdministration } from './routes.ts'
import { RuleAdministration } from './rules.ts'
import { SigningAdministration } from './signing.ts'
import { TraceAdministration } from './traces.ts'
import { WebhookAdministration } from './webhooks.ts'

export { AdminError, type AdminFault } from './error.ts'
export { domainName, type Fields, hostedAddress } from './fields.ts'
export type {
  AccountDoor,
  AccountSummary,
  AccountUsage,
  AdminPorts,
  AliasSummary,
  DomainDoor,
  ListDoor,
  QueueDoor,
  RegistryDoor,
  ReportDoor,
  TokenSummary,
  TraceDoor,
} from './ports.ts'
export type { CheckedRecord } from './dns-records.ts'
export type { ExpectedRecord } from './expected-record.ts'
export type { QueueAction, WaitingMessage, WaitingRecipient } from './queues.ts'
export type { ReportQuestion } from './reports.ts'
export type { AgentSummary } from './routes.ts'
export type { RuleAnswer, RuleQuestion } from './rules.ts'
export type { RotationStep, SigningKeySummary } from './signing.ts'
export type { TraceQuestion } from './traces.ts'

/** The administrator's view of the house, by noun. */
export interface Administration {
  readonly domains: DomainAdministration
  readonly accounts: AccountAdministration
  readonly aliases: AliasAdministration
  readonly lists: ListAdministration
  readonly masks: MaskAdministration
  readonly queues: QueueAdministration
  readonly reports: ReportAdministration
  readonly routes: RouteAdministration
  readonly rules: RuleAdministration
  readonly signing: SigningAdministration
  readonly traces: TraceAdministration
  readonly webhooks: WebhookAdministration
}

export function administration(ports: AdminPorts): Administration {
  const signing = new SigningAdministration(ports)
  const routes = new RouteAdministration(ports)
  return {
    domains: new DomainAdministration(ports, signing),
    accounts: new AccountAdministration(ports),
    aliases: new AliasAdministration(ports),
    lists: new ListAdministration(ports),
    masks: new MaskAdministration(ports),
    queues: new QueueAdministration(ports),
    reports: new ReportAdministration(ports),
    routes,
    rules: new RuleAdministration(ports, routes),
    signing,
    traces: new TraceAdministration(ports),
    webhooks: new WebhookAdministration(ports),
  }
}
