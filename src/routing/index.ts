export { canonicalAddress, canonicalDomain, canonicalLocalPart } from './address.ts'
export type { DomainAlias } from './alias-addresses.ts'
export type { Directory, DirectoryAnswer, DomainRules } from './directory.ts'
export type { Refusal } from './refusal.ts'
export type { DirectoryChanges, Profile } from './directory-log.ts'
export { type AddressChange, type DomainAccount, type DomainPerson, DomainStore } from './domain-store.ts'
export type { ListAddress } from './list-addresses.ts'
export { makeMask, type NewMask } from './make-mask.ts'
export { maxMaskPrefix } from './mask-name.ts'
export { type MaskedAddress, type MaskFacts, type MaskRefusal, type MaskState, mostMasks } from './masked-addresses.ts'
export { domainPattern, outboundRoute, type OutboundRoute } from './outbound-route.ts'
export { ownsAddress } from './ownership.ts'
export { domainOfReports, reportsLocalPart, reportsMailbox } from './reports-mailbox.ts'
export {
  type RegisteredAccount,
  type RegisteredDomain,
  RegistryStore,
  type WaitingDestination,
} from './registry-store.ts'
export type { DeadTarget, Destination, MailboxDestination, RelayDestination, Resolution } from './destination.ts'
export { defaultResolveLimits, resolve, type ResolveLimits } from './resolve.ts'
export { type Mac, type ReturnPathPorts, ReturnPaths } from './return-paths.ts'
export { route, type RoutePlan } from './route.ts'
export {
  isWebhookName,
  longestKeep,
  usualKeep,
  type Webhook,
  type WebhookSecret,
  webhookSecretPrefix,
  type WebhookSettings,
  type OutgoingEvent,
  outgoingEvents,
  type Watcher,
  webhookUrlProblem,
} from './webhook.ts'
export { domainOfWebhookQueue, webhookOf, webhookQueue } from './webhook-queue.ts'
export { explainRules, type RuleQuestion } from './ruled-step.ts'
export {
  type Actions,
  authenticationOf,
  compileRules,
  type Condition,
  type ExplainedRule,
  largestRules,
  type Marks,
  type MessageFacts,
  mostRules,
  type Rule,
  type RuleChange,
  type RuledAddress,
  type RuleList,
  type RuleSource,
  type Rules,
  type Ruling,
} from './rules/index.ts'
export {
  type ActiveKey,
  type NewSigningKey,
  type PublishedKey,
  SigningKeys,
  type SigningKeyState,
} from './signing-keys.ts'
