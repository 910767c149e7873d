export { accept, type Acceptance, type Arrival } from './accept.ts'
export { ClientLists, type ClientListsOptions, type ClientVerdict } from './client-lists.ts'
export { emailRoutingOutcome, type EmailRoutingOutcome } from './email-routing.ts'
export type { DispositionRules } from './disposition.ts'
export { Greylisting, type GreylistPort, WaivedClients } from './greylisting.ts'
export type { DispositionOverride, Judgement } from './judgement.ts'
export type { Timer } from './message-dns.ts'
export { isInNetworks, type Network, parseNetworks } from './networks.ts'
export type { Origin, OriginProtocol } from './origin.ts'
export type { ArrivalPorts, SendingPort, SendingQuestion, SendingVerdict } from './ports.ts'
export { checkRecipient, type RecipientQuestion } from './recipient-check.ts'
export { reportThrough } from './report.ts'
export { checkSender, type SenderQuestion } from './sender-check.ts'
export {
  type ClientRateLimits,
  parseScreening,
  type ParsedScreening,
  type ScreeningSettings,
  type ScreeningTexts,
} from './screening-settings.ts'
export type { Sealable, SealingPort } from './seal.ts'
export type { SigningPort } from './sign.ts'
export {
  parseVerification,
  type ParsedVerification,
  type VerificationSettings,
  type VerificationTexts,
} from './verification-settings.ts'
export { MailVerifier, type Verifier, type VerifierOptions } from './verify.ts'
export { type ContentScanner, Rspamd, type ScanFetch, type ScanVerdict } from './rspamd.ts'
