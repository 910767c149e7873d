/**
 * A webhook of a hosted domain: a program elsewhere that is told of messages.
 */

/** `broken`: it said that it is gone (410), or an operator switched it off; nothing is sent, all waits. */
export interface Webhook {
  /** By which rules name it: a to z, 0 to 9 and -. */
  name: string
  url: string
  /** The newest first; each signs, so that a receiver can change over. */
  secrets: readonly WebhookSecret[]
  /** Milliseconds since the epoch. */
  created: number
  /** Since then; absent: in use. */
  stopped?: number
  /** Hours for which a message that it has taken is kept, for the links that it was told; 0: none are told. */
  keep: number
  /** Of mail that people of the domain send: what it wants to hear of. */
  events: readonly OutgoingEvent[]
}

/** What becomes of mail that somebody here sends. */
export const outgoingEvents = ['accepted', 'delivered', 'deferred', 'bounced', 'complained'] as const
export type OutgoingEvent = (typeof outgoingEvents)[number]

/** A webhook that hears of mail from its domain. */
export interface Watcher {
  readonly name: string
  readonly events: readonly OutgoingEvent[]
}

/** What an administrator says of one; what is absent stays, or is as usual. */
export interface WebhookSettings {
  readonly url: string
  readonly keep?: number
  readonly events?: readonly OutgoingEvent[]
}

/** Hours: who mends a program after a weekend still finds what the links lead to. */
export const usualKeep = 72
export const longestKeep = 720

export interface WebhookSecret {
  /** `whsec_` and base64 of the key. */
  secret: string
  created: number
}

/** What a secret is shown and given as. */
export const webhookSecretPrefix = 'whsec_'

/** RFC 1035 label, so that it can stand in the name of a queue. */
export function isWebhookName(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(name)
}

/** Whether the URL can be one at all; whether it is reached is another matter. */
export function webhookUrlProblem(text: string, allowsPlain: boolean): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'is no URL of a web server'
  if (url.protocol === 'http:' && !allowsPlain) return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password'
  if (url.hash !== '') return 'must not have a fragment'
  return text.length > 2_000 ? 'is longer than 2,000 characters' : undefined
}
