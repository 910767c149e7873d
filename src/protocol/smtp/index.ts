/**
 * SMTP, both sides, without I/O: `SmtpServer` takes mail from a peer, `SmtpClient` gives mail to one. The envelope and the
 * reply are the words that the rest of the house shares with them.
 */
export type {
  BodyType,
  DeliverBy,
  Envelope,
  EventTag,
  Hold,
  NotifyCondition,
  Recipient,
  SubmissionTag,
  Watch,
  WatchedStatus,
} from './envelope.ts'
export { formatReply, type Reply, replyText, SmtpError } from './reply.ts'
export { defaultSmtpLimits, type SmtpLimits } from './limits.ts'
export type * from './server/event.ts'
export { SmtpServer } from './server/server.ts'
export type { OptionalExtension, SmtpServerOptions } from './server/options.ts'
export type * from './client/event.ts'
export { announcedLimit, announcedSize, type Capabilities } from './client/capabilities.ts'
export { defaultSmtpClientLimits, SmtpClient } from './client/client.ts'
