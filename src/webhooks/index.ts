/**
 * Webhooks: programs elsewhere that are told of messages.
 */
export { Announcer, type AnnouncerPorts, watchOf } from './announcer.ts'
export type { AcceptedMessage, LaterReport } from './outgoing-event.ts'
export { signedHeaders } from './signature.ts'
export { isSigned, linkPath, type LinkTarget, readSignedLink, signedPath } from './links.ts'
export { isPartName, type MessagePart, partOf } from './parts.ts'
export { type LinkMaker, WebhookAgent, type WebhookPorts } from './webhook-agent.ts'
