/**
 * What bytes mean: octets, addresses, dates, headers, MIME structure, display text, composition, trace fields, reports.
 *
 * Everything here is pure and total: no I/O, no clock, and no input makes a parser throw.
 */
export * from './bytes/bytes.ts'
export * from './bytes/base64.ts'
export type { Address, AddressGroup } from './address/address.ts'
export { formatAddress, normaliseAddress, splitAddress } from './address/parts.ts'
export { flattenAddresses, parseAddressList } from './address/list.ts'
export { covers } from './address/subaddress.ts'
export { formatDate, parseDate } from './message/date.ts'
export type { MessageDate } from './message/date.ts'
export { Header, parseHeader } from './message/header.ts'
export { unfold } from './message/unfold.ts'
export type { HeaderField, ParsedHeader } from './message/header.ts'
export { parseMessageIds } from './message/message-id.ts'
export { defaultMaxMessageSize, traceAllowance } from './message/largest-message.ts'
export { defaultLimits } from './message/limits.ts'
export type { ParseLimits } from './message/limits.ts'
export { decodeBody } from './message/body.ts'
export { allParts, partAt } from './message/part.ts'
export type { Disposition, Part, StoredPart } from './message/part.ts'
export { parseMessage } from './message/parse.ts'
export { decodeParts, encodeParts } from './message/stored-parts.ts'
export { renderEnvelope } from './message/envelope.ts'
export { renderBodyStructure } from './message/body-structure.ts'
export { toSevenBit, type SevenBit } from './message/to-seven-bit.ts'
export { withoutBcc } from './message/without-bcc.ts'
export { withoutBinary } from './message/without-binary.ts'
export { withoutExtensionData } from './message/without-extension-data.ts'
export { bodyParts, partName } from './message/body-parts.ts'
export type { BodyParts } from './message/body-parts.ts'
export { baseSubject, readSubject, type SubjectParts } from './message/base-subject.ts'
export { crlfSize, CrlfSize } from './message/crlf-size.ts'
export { type HeaderExtent, headerExtents, Surrogate, surrogateSize } from './surrogate/surrogate.ts'
export { summarise } from './message/summarise.ts'
export type { MessageSummary } from './message/summary.ts'
export { decodeTransferEncoding } from './text/transfer.ts'
export { decodeCharset, isKnownCharset } from './text/charset.ts'
export { decodeText } from './text/body-text.ts'
export type { DecodedText } from './text/body-text.ts'
export { decodeHeaderText } from './text/encoded-word.ts'
export { htmlToText } from './text/html.ts'
export { saslPrep } from './text/saslprep.ts'
export { decodeFlowed, unflowed } from './text/flowed.ts'
export { readTnef, type TnefContents } from './tnef/tnef.ts'
export { compose } from './compose/compose.ts'
export { composeHeader } from './compose/field.ts'
export { ComposeError } from './compose/composed-message.ts'
export type {
  ComposedContent,
  ComposedField,
  ComposedMessage,
  ComposedPart,
  ComposeOptions,
} from './compose/composed-message.ts'
export {
  type AuthenticationProperty,
  type AuthenticationResult,
  type AuthenticationResults,
  authenticationResultsField,
  formatAuthenticationResults,
} from './authentication/authentication-results.ts'
export {
  parseAuthenticationResults,
  removeAuthenticationResults,
} from './authentication/parse-authentication-results.ts'
export type { ReceivedFacts } from './trace/received-facts.ts'
export {
  countReceived,
  deliveredTo,
  deliveredToElsewhere,
  deliveredToField,
  prependFields,
  receivedField,
  returnPathField,
  type OwnReceived,
  ownReceived,
} from './trace/trace.ts'
export type { DeliveryReport, ParsedReport, ReportAction, ReportedRecipient } from './dsn/report.ts'
export { reportLanguages } from './dsn/wording/languages.ts'
export { composeReport } from './dsn/compose-report.ts'
export { parsePlainBounce } from './dsn/parse-plain-bounce.ts'
export { parseReport } from './dsn/parse-report.ts'
export { answerable, type Answerable } from './auto-reply/answerable.ts'
export { composeAutoReply, type AutoReply } from './auto-reply/compose-auto-reply.ts'
export { stsPolicyId, stsRecord, stsRecordId } from './mta-sts/sts-record.ts'
export {
  formatStsPolicy,
  largestStsPolicy,
  type ParsedStsPolicy,
  parseStsPolicy,
  stsAllows,
  type StsMode,
  type StsPolicy,
  stsPolicyLines,
} from './mta-sts/sts-policy.ts'
export { type ReportDestination, tlsReportDestinations, tlsReportRecord } from './tls-rpt/tls-rpt-record.ts'
export {
  type TlsFailure,
  type TlsFailureType,
  tlsFailureTypes,
  type TlsPolicyResult,
  type TlsReport,
  type TlsReportPolicy,
} from './tls-rpt/tls-report.ts'
export {
  composeTlsReport,
  formatTlsReport,
  tlsReportFileName,
  type TlsReportMail,
} from './tls-rpt/format-tls-report.ts'
export { attachedTlsReport, parseTlsReport } from './tls-rpt/parse-tls-report.ts'
export { fnv1a } from './bytes/fnv.ts'
export { looksLikeReport } from './reports/looks-like-report.ts'
export { mailtoAddress } from './address/mailto.ts'
export type { DmarcReport, DmarcReportRow, ReportedPolicy, ReportedResult } from './dmarc-report/dmarc-report.ts'
export { formatDmarcReport } from './dmarc-report/format-dmarc-report.ts'
export { composeDmarcReport, dmarcReportFileName, type DmarcReportMail } from './dmarc-report/compose-dmarc-report.ts'
export { type AuthFailureReport, parseAuthFailure } from './feedback/auth-failure.ts'
export { type FeedbackReport, parseFeedback } from './feedback/parse-feedback.ts'
export { composeMdn } from './mdn/compose-mdn.ts'
export {
  actionModes as dispositionActionModes,
  dispositionTypes,
  sendingModes as dispositionSendingModes,
  type DispositionNotification,
  type MessageDisposition,
  type ParsedMdn,
} from './mdn/mdn.ts'
export { parseMdn } from './mdn/parse-mdn.ts'
