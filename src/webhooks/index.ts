/**
 * Webhooks: programs elsewhere that are told of messages.
 */
export { signedHeaders } from './signature.ts'
export { WebhookAgent, type WebhookPorts } from './webhook-agent.ts'
