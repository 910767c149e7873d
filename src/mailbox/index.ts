/**
 * The mail store of one account: mailboxes, emails, threads, change log, blobs, search, identities, submissions,
 * credentials and quota, over one SQLite database.
 *
 * Everything is synchronous but the checking of passwords and what touches the blob store (`incoming`, `reading`,
 * `collect`). JMAP, IMAP and POP3 stand on the same `MailStore`, so what
 * one changes the others see at once.
 */
export { MailStore } from './store.ts'
export type { MailStoreOptions } from './account-store.ts'
export type { Annotation, Annotations } from './annotations.ts'
export { emptyBlobStore, type BlobStore, type ObjectRange } from './blob-store.ts'
export type { Incoming } from './incoming.ts'
export type { Octets } from './put-octets.ts'
export { MailboxError, StoreError, type StoreErrorType } from './errors.ts'
export {
  formatBlobId,
  formatEmailId,
  formatIdentityId,
  formatMailboxId,
  formatState,
  formatSubmissionId,
  formatThreadId,
  maxNumber,
  parseBlobId,
  parseEmailId,
  parseIdentityId,
  parseMailboxId,
  parseState,
  parseSubmissionId,
  parseThreadId,
} from './ids.ts'
export type {
  BlobNumber,
  BlobRef,
  CredentialId,
  EmailId,
  IdentityId,
  MailboxId,
  ModSeq,
  SubmissionId,
  ThreadId,
  Uid,
} from './ids.ts'
export type { ChangeType, Changes, Commit, ObjectChanges, PlacementChanges } from './changes.ts'
export type {
  AccountFacts,
  Blob,
  BlobExtent,
  CopyOutcome,
  Credential,
  CredentialKind,
  Email,
  EmailUpdate,
  EnvelopeColumn,
  EnvelopeRow,
  FlagOutcome,
  Identity,
  IdentityAddress,
  IdentityPatch,
  Mailbox,
  MailboxCounts,
  MailboxPatch,
  MailboxRole,
  NewAccount,
  NewEmail,
  NewIdentity,
  NewMailbox,
  NewPushSubscription,
  NewSubmission,
  Place,
  PushSubscription,
  PushSubscriptionPatch,
  Quota,
  SetPatch,
  Submission,
  SubmissionPatch,
  Upload,
  VacationResponse,
} from './types.ts'
export type { SendingLimits, SendingRefusal } from './sending-rate.ts'
export type { KeptAnswer, KeptAnswers } from './kept-answers.ts'
export type { Suppression } from './suppressions.ts'
export type { Vacation } from './vacation.ts'
export { deletedFlag, isKeyword, normaliseKeyword } from './keyword-name.ts'
export { defaultStoreLimits, type StoreLimits } from './limits.ts'
export type { MailboxView, ViewEntry } from './view.ts'
export { mailboxRoles } from './mailbox-name.ts'
export type { Mail, ShownCounts } from './mail.ts'
export type { SessionMail } from './session-mail.ts'
export { anyone, type Grant, type Grants } from './grants.ts'
export {
  allRights,
  formatRights,
  fromMailboxRights,
  hasRights,
  joinRights,
  mailboxRightNames,
  noRights,
  parseRights,
  toMailboxRights,
  type MailboxRights,
  type Right,
  type Rights,
} from './rights.ts'
export type { SharedMail } from './shared/shared-mail.ts'
export type { Person, SharedMailbox, ShareNews } from './share-news.ts'
export {
  formatShareNotificationId,
  parseShareNotificationId,
  type ShareNotification,
  type ShareNotifications,
} from './share-notifications.ts'
export type { ShareTelling, ShareTellings, Told } from './share-tellings.ts'
export type { KnownOwner, SharedAccount, SharedAccounts } from './shared-accounts.ts'
export { readEnvelope, type StoredEnvelope } from './envelope.ts'
export type { PasswordHasher } from './credentials.ts'
export { scramIterations, type ScramSalt, scramSaltLength } from './scram.ts'
export type { PushSubscriptions } from './push-subscriptions.ts'
export type { Filter, FilterCondition, FilterOperator } from './query/filter.ts'
export type { Comparator, SortProperty } from './query/sort.ts'
export { collations, foldOf, type Collation } from './query/collation.ts'
export type { Query, QueryResult } from './query/query.ts'
export type { TextCondition, TextSearch, TextSource } from './query/text-search.ts'
export type { EmailSet, SearchedText } from './search/text-index.ts'
export { comparable } from './search/fold.ts'
export { fieldLines, readMessageText, type MessageText } from './search/message-text.ts'
export { Highlighter, onOneLine, type Match } from './search/highlight.ts'
