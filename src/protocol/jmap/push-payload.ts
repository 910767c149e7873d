/**
 * What a push subscription is sent, beside StateChange.
 *
 * Standards: RFC 8620 §7.2.2 (PushVerification).
 */
import type { JsonObject } from './json.ts'

/** The first and only message until the client has sent the code back. */
export function pushVerification(pushSubscriptionId: string, verificationCode: string): JsonObject {
  return { '@type': 'PushVerification', pushSubscriptionId, verificationCode }
}
