export { chooseAgent, type AgentChoices } from './agent-choice.ts'
export { type NamedAgent, deliverInTurn } from './agents-in-turn.ts'
export type {
  DaneReference,
  Dialer,
  EgressRequest,
  EgressResult,
  EgressSession,
  EgressTarget,
  TlsaAssociation,
  TlsPolicy,
} from './dialer.ts'
export { type Distribution, distribute, type Place } from './distribute.ts'
export { deadTarget, type Leftover, leaveToQueue, outcomeOf, placeLeft, queueDomainOf } from './leftover.ts'
export { type EmailService, EmailServiceAgent, type EmailServiceAgentOptions } from './email-service-agent.ts'
export { MailboxAgent } from './mailbox-agent.ts'
export { MxAgent, type MxAgentOptions } from './mx-agent.ts'
export type { TlsSessionResult } from './secured-targets.ts'
export { type StsFetch, StsPolicies, type StsPorts } from './sts-policies.ts'
export { TlsReporter, type TlsReporterPorts } from './tls-reporter.ts'
export type { TlsDays } from './tls-statistics.ts'
export { tlsaText } from './tlsa.ts'
export type { DeliveryPorts, MailboxDelivery, MailboxOutcome, MailboxPort, QueuePort } from './ports.ts'
export { VacationResponder, type VacationPorts, type VacationReply } from './vacation-responder.ts'
export { isPrivateAddress, isPublicAddress } from './reachable-address.ts'
export { OutsideAgent, type OutsideAgentOptions, type OutsideAgents } from './outside-agent.ts'
export { hindranceInWorker, isPrivateHost, parseSmarthost, type Smarthost, SmarthostAgent } from './smarthost-agent.ts'
export { ownAgents, parseSmarthosts, shownSmarthost, type Smarthosts, unnamedSmarthost } from './smarthosts.ts'
