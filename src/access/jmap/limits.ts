/**
 * What one account's JMAP endpoint allows, advertised in its capabilities and enforced. What the store bounds (mailboxes,
 * keywords, names) is advertised from the store's own limits.
 *
 * Standards: RFC 8620 §2 (core capability), RFC 8621 §1.3 (mail and submission capabilities).
 */
import { defaultMaxMessageSize } from '../../format/index.ts'

export interface JmapLimits {
  readonly maxSizeUpload: number
  readonly maxConcurrentUpload: number
  readonly maxSizeRequest: number
  readonly maxConcurrentRequests: number
  readonly maxCallsInRequest: number
  readonly maxObjectsInGet: number
  readonly maxObjectsInSet: number
  /** Largest page a /query gives when the client asks for more or sets no limit. */
  readonly maxQueryPage: number
  /** Conditions in one filter tree, and its depth: a filter is evaluated for every email. */
  readonly maxFilterConditions: number
  readonly maxFilterDepth: number
  /** As they are, before base64: what an email of `maxSizeEmail` has room for. */
  readonly maxSizeAttachmentsPerEmail: number
  /** What the server accepts by SMTP too. */
  readonly maxSizeEmail: number
  readonly maxRecipients: number
  /** Seconds that a message may be held before it is sent (RFC 4865). */
  readonly maxDelayedSend: number
  /** Most bytes of body values in one Email/get or Email/parse: the whole answer is held in memory. */
  readonly maxSizeBodyValues: number
}

const MiB = 1024 * 1024

/** The limits that follow from the largest message. An upload may be a whole message, to import or to parse. */
export function sizesFor(
  maxMessageSize: number,
): Pick<JmapLimits, 'maxSizeUpload' | 'maxSizeEmail' | 'maxSizeAttachmentsPerEmail'> {
  return {
    maxSizeUpload: maxMessageSize,
    maxSizeEmail: maxMessageSize,
    // base64 makes a line of 76 characters and CRLF of 57 octets (RFC 2045 §6.8).
    maxSizeAttachmentsPerEmail: Math.floor((maxMessageSize * 57) / 78),
  }
}

/**
 * Sized for an object with 128 MB of memory: a request, its decoded form and its answer coexist, and an RPC argument is
 * at most 32 MiB. Counts follow RFC 8620 §2's suggested minimums or exceed them.
 */
export const defaultLimits: JmapLimits = {
  maxConcurrentUpload: 4,
  maxSizeRequest: 10 * MiB,
  maxConcurrentRequests: 8,
  maxCallsInRequest: 64,
  maxObjectsInGet: 1000,
  maxObjectsInSet: 1000,
  maxQueryPage: 5000,
  maxFilterConditions: 200,
  maxFilterDepth: 10,
  ...sizesFor(defaultMaxMessageSize),
  maxRecipients: 1000,
  maxDelayedSend: 30 * 24 * 3600,
  maxSizeBodyValues: 32 * MiB,
}
