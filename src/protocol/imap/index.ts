/**
 * IMAP without a socket: the wire grammar both ways, and the login engine that runs in front of the mail.
 */
export { ImapError, bad, no, type ImapErrorType } from './error.ts'
export {
  CommandReader,
  type RawCommand,
  type ReaderEvent,
  type ReaderOptions,
  type ReaderSnapshot,
  type Literal,
} from './reader.ts'
export { Decoder, type DecoderOptions } from './decoder.ts'
export {
  ImapLogin,
  defaultLoginLimits,
  type ImapLoginEvent,
  type ImapLoginLimits,
  type ImapLoginOptions,
} from './login.ts'
export { SequenceSet, formatUidSet, inRanges, type NumberRange } from './sequence-set.ts'
export { decodeMailboxName, encodeMailboxName, decodeUtf7, encodeUtf7, latin1OfUtf8 } from './mailbox-name.ts'
export { formatDateTime, formatInternalDate } from './date-time.ts'
export { astring, encodeLatin1, nstring, quotedOrLiteral, quotedUtf8 } from './encoder.ts'
export { parseCommand, type ImapCommand, type GrammarOptions } from './command/index.ts'
export type { FetchItem, Section, Partial as PartialRange } from './command/fetch.ts'
export type {
  MultiSearchCommand,
  SearchCommand,
  SearchKey,
  SearchProgram,
  SearchReturn,
  SearchReturnOptions,
  SearchSource,
} from './command/search.ts'
export type { PartialResult } from './command/partial.ts'
export type { SortCommand, SortCriterion, ThreadAlgorithm, ThreadCommand } from './command/sort.ts'
export type { QresyncParameter, SelectCommand } from './command/select.ts'
export type { ListCommand, ListReturn, ListSelection } from './command/list.ts'
export type { StatusItem } from './command/status.ts'
export type { AppendCommand, AppendMessage, CatenatePart, ReplaceCommand } from './command/append.ts'
export type { GetMetadataCommand, SetMetadataCommand } from './command/metadata.ts'
export {
  isMessageEvent,
  type NotifyCommand,
  type NotifyEvent,
  type NotifyGroup,
  type NotifySource,
  type NotifyWishes,
} from './command/notify.ts'
export type { AclCommand } from './command/acl.ts'
export type { UidBatchesCommand } from './command/uid-batches.ts'
export type { QuotaCommand } from './command/quota.ts'
export { parseImapUrl, type ImapUrl } from './imap-url.ts'
