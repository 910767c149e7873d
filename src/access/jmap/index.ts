/**
 * JMAP over one account's mail store: what the HTTP host wires to its routes.
 */
export { JmapAccess, type JmapDependencies } from './jmap-access.ts'
export type { JmapAccount, JmapResponse, Download } from './context.ts'
export { downloadHeaders } from './download.ts'
export type { MasksPort } from './masked-email/masks-port.ts'
export { Outbox, type OutboxPorts } from './submission/outbox.ts'
export type { TimelinePort } from './submission/timeline-port.ts'
export { defaultLimits, type JmapLimits, sizesFor } from './limits.ts'
export { Pusher, type PusherPorts } from './push-subscription/pusher.ts'
export type { PushAccess, PushMessage, PushOutcome, PushService } from './push-subscription/push-service.ts'
export type {
  CopiedEmail,
  CopyOutcome,
  ListedPerson,
  OwnersPort,
  PeopleChanges,
  PeoplePort,
  ProfilePatch,
  SharedAnswer,
  SharedCall,
  SharingPorts,
} from './sharing/ports.ts'
export { sharedChangeSince } from './push.ts'
export { SharedAccess, type SharedAccessPorts } from './sharing/shared-access.ts'
export { ShareTeller, type ShareTellerPorts } from './sharing/share-teller.ts'
export type { SubmissionOptions, SubmissionPort, SubmissionResult } from './submission-port.ts'
