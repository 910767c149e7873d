/**
 * Refusals of the store: expected outcomes with the error names that JMAP puts on the wire.
 *
 * Every operation checks before it writes: when one of these is thrown, that operation has changed nothing,
 * so a caller inside a transaction may catch it and go on.
 *
 * Standards: RFC 8620 §5.3 (SetError), §5.5 (query errors); RFC 8621 §2.5, §4.6.
 */
export type StoreErrorType =
  | 'accountNotFound'
  | 'accountExists'
  | 'notFound'
  | 'invalidProperties'
  | 'invalidArguments'
  | 'overQuota'
  | 'rateLimit'
  | 'tooLarge'
  | 'forbidden'
  | 'mailboxHasChild'
  | 'mailboxHasEmail'
  | 'tooManyKeywords'
  | 'tooManyMailboxes'
  /** The mailbox, or the account, is shared with as many as it can be. */
  | 'tooManyGrants'
  /** Annotations of the account's mailboxes together (RFC 5464 §4.3). */
  | 'tooManyAnnotations'
  /** Of somebody else's mailbox, annotations that are for one person only (RFC 5464 §4.3). */
  | 'noPrivateAnnotations'
  | 'blobNotFound'
  | 'anchorNotFound'
  | 'unsupportedSort'
  | 'unsupportedFilter'
  | 'stateMismatch'
  /** The blob store is out of reach: the same may succeed later. */
  | 'unavailable'

/** A refusal. `type` is JMAP's; `properties` names what is wrong for `invalidProperties`. The message may be shown. */
export class StoreError extends Error {
  readonly type: StoreErrorType
  readonly properties: readonly string[]

  constructor(type: StoreErrorType, message: string, properties: readonly string[] = []) {
    super(message)
    this.name = 'StoreError'
    this.type = type
    this.properties = properties
  }
}

/** A refusal that concerns a mailbox (RFC 8621 §2.5). */
export class MailboxError extends StoreError {
  constructor(type: StoreErrorType, message: string, properties: readonly string[] = []) {
    super(type, message, properties)
    this.name = 'MailboxError'
  }
}
