/**
 * The name of the queue in which what is for a webhook waits: `orders.example.org.webhook.invalid`, which no DNS will ever have
 * (RFC 2606 §2).
 */

const suffix = '.webhook.invalid'

/** `domain` is the hosted one, canonical. */
export function webhookQueue(name: string, domain: string): string {
  return `${name}.${domain}${suffix}`
}

/** The hosted domain of such a queue. */
export function domainOfWebhookQueue(queue: string): string {
  return queue.slice(queue.indexOf('.') + 1, -suffix.length)
}

/** Name and domain of the webhook, with a dot between them; undefined for the queue of any other destination. */
export function webhookOf(queue: string): string | undefined {
  return queue.endsWith(suffix) ? queue.slice(0, -suffix.length) : undefined
}
