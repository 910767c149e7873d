/**
 * Webhooks: programs elsewhere that are told of messages.
 */
export { signedHeaders } from './signature.ts'
export { isWebhookName, secretPrefix, type Webhook, type WebhookSecret, webhookUrlProblem } from './webhook.ts'
export { WebhookAgent, type WebhookPorts } from './webhook-agent.ts'
export { webhookSchema, WebhookStore } from './webhook-store.ts'
