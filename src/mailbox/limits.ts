/**
 * What one account may hold and ask for, with the reason of each bound.
 */
import { defaultMaxMessageSize, traceAllowance } from '../format/index.ts'

export interface StoreLimits {
  /** Octets of one message: what the doors let in and our trace fields; an object's memory (128 MB) can hold it twice. */
  readonly maxMessageSize: number
  /** Mailboxes per account: each LIST and each Mailbox/get walks all. */
  readonly maxMailboxes: number
  /** Principals that one mailbox is shared with: each Mailbox/get with shareWith lists them all. */
  readonly maxGrantsPerMailbox: number
  /** Grants of all mailboxes together: they are in memory while anything is shared. */
  readonly maxGrants: number
  /** Octets of one annotation's value, and annotations of all mailboxes together: clients keep notes there, not mail. */
  readonly maxAnnotationSize: number
  readonly maxAnnotations: number
  /** Octets of a mailbox name in UTF-8: what other servers and IMAP clients accept as one path component. */
  readonly maxMailboxNameSize: number
  /** Levels of mailboxes: path lengths stay bounded (RFC 8621 §1.3.1 maxMailboxDepth). */
  readonly maxMailboxDepth: number
  /** Mailboxes that one email may be in (RFC 8621 §1.3.1 maxMailboxesPerEmail): its list is one column. */
  readonly maxMailboxesPerEmail: number
  /** Keywords per email (RFC 8621 §4.6 tooManyKeywords). */
  readonly maxKeywordsPerEmail: number
  /** Placements held in memory over all loaded views (about 36 octets each); the least recently used views go first. */
  readonly viewBudget: number
  /** Rows of change history kept; older states get cannotCalculateChanges. */
  readonly maxChangeRows: number
  /** How long an upload that nothing refers to is kept, in milliseconds (RFC 8620 §6.1: at least an hour). */
  readonly uploadLifetime: number
  /** Octets of uploads waiting at once (RFC 8620 §6.1 allows a quota on them). */
  readonly maxUploadTotal: number
  /**
   * Octets up to which a message or upload stays in the database although there is a blob store. A million of 64 KiB, kept
   * for a month, cost $13 inline and $7 in R2 with their PUT; below, the gain is less than what a GET for each read and
   * search costs in time. docs/design/store.md has the arithmetic.
   */
  readonly inlineLimit: number
  /** Octets of a body kept inline when the rest is in the blob store: a short text above attachments needs no GET. */
  readonly inlineStart: number
  /** Octets fetched from the blob store and in memory at once, over all readers: a quarter of an object's 128 MB. */
  readonly maxHeld: number
  /** Levels of AND/OR/NOT and number of conditions in one query. */
  readonly maxFilterDepth: number
  readonly maxFilterConditions: number
}

export const defaultStoreLimits: StoreLimits = {
  maxMessageSize: defaultMaxMessageSize + traceAllowance,
  maxMailboxes: 2_000,
  maxGrantsPerMailbox: 100,
  maxGrants: 10_000,
  maxAnnotationSize: 64 * 1024,
  maxAnnotations: 2_000,
  maxMailboxNameSize: 255,
  maxMailboxDepth: 12,
  maxMailboxesPerEmail: 64,
  maxKeywordsPerEmail: 100,
  viewBudget: 1_000_000,
  maxChangeRows: 100_000,
  uploadLifetime: 24 * 3_600_000,
  maxUploadTotal: 500_000_000,
  inlineLimit: 64 * 1024,
  inlineStart: 4 * 1024,
  maxHeld: 32 * 1024 * 1024,
  maxFilterDepth: 10,
  maxFilterConditions: 200,
}
