/**
 * The port to push services: the host encrypts, signs and posts.
 *
 * Standards: RFC 8030 (Web Push), RFC 8291 (encryption), RFC 8292 and RFC 9749 (VAPID).
 */
import type { PushSubscription } from '../../../mailbox/index.ts'
import type { JsonObject } from '../../../protocol/jmap/index.ts'

export interface PushMessage {
  readonly url: string
  /** Null: the body travels as it is. */
  readonly keys: PushSubscription['keys']
  readonly body: JsonObject
  /** RFC 8030 §5.3: whether a device on battery should be woken. */
  readonly urgency: 'normal' | 'low'
}

export type PushOutcome =
  | { readonly status: 'accepted' }
  /** 404 or 410: the push service knows no such subscription any more (RFC 8030 §7.3). */
  | { readonly status: 'gone' }
  /** Another answer, or none. `retryAfter` is in milliseconds, when the service named a time. */
  | { readonly status: 'failed'; readonly retryAfter?: number }

/** What JMAP needs of push: the port itself, and somebody to tell that subscriptions have changed. */
export interface PushAccess {
  readonly service: Pick<PushService, 'acceptsKeys' | 'applicationServerKey' | 'allowsPrivateUrls'>
  changed(): void
}

export interface PushService {
  /** Never rejects: what goes wrong on the way is an outcome. */
  post(message: PushMessage): Promise<PushOutcome>
  /** Whether these are a point on P-256 and a secret of 16 octets (RFC 8291 §2, §3.2). */
  acceptsKeys(keys: NonNullable<PushSubscription['keys']>): Promise<boolean>
  /** The public key that every post is signed with (RFC 9749 §3), in URL-safe base64; undefined before there is one. */
  readonly applicationServerKey: string | undefined
  /** Loopback and private networks may be pushed to: a test, or a push service in one's own house. */
  readonly allowsPrivateUrls: boolean
}
