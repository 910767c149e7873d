/**
 * Why a message could not be delivered, as its sender should hear it: from status codes to the causes that have words.
 *
 * Standards: RFC 3463 §3, RFC 5248, RFC 7504, RFC 7505, RFC 7372, RFC 8689 §4.2.1 (X.7.30).
 */
import { causeInWords, statusInWords } from './reply-words.ts'
import type { ReportedRecipient } from './report.ts'
import type { Cause } from './wording/catalogue.ts'

/** By subject and detail of the enhanced status code. */
const CAUSES: Readonly<Record<string, Cause>> = {
  '1.1': 'unknownAddress',
  '1.2': 'unknownDomain',
  '1.3': 'badAddress',
  '1.4': 'badAddress',
  '1.6': 'unknownAddress',
  '1.7': 'senderRefused',
  '1.8': 'senderRefused',
  '1.10': 'noMail',
  '2.1': 'mailboxClosed',
  '2.2': 'mailboxFull',
  '2.3': 'tooLarge',
  '3.1': 'busy',
  '3.2': 'busy',
  '3.4': 'tooLarge',
  '4.0': 'unreachable',
  '4.1': 'unreachable',
  '4.2': 'unreachable',
  '4.3': 'unreachable',
  '4.4': 'noMail',
  '4.5': 'busy',
  '4.6': 'loop',
  '4.7': 'tooLate',
  '6.0': 'refused',
  '6.1': 'unsuitable',
  '6.2': 'unsuitable',
  '6.3': 'unsuitable',
  '6.7': 'unsuitable',
  '7.0': 'refused',
  '7.1': 'refused',
  '7.2': 'refused',
  '7.4': 'insecure',
  '7.5': 'insecure',
  '7.10': 'insecure',
  '7.20': 'senderRefused',
  '7.21': 'senderRefused',
  '7.22': 'senderRefused',
  '7.23': 'senderRefused',
  '7.24': 'senderRefused',
  '7.25': 'senderRefused',
  '7.26': 'senderRefused',
  '7.27': 'senderRefused',
  '7.30': 'insecure',
}

/** Of details that have no words of their own. */
const SUBJECTS: Readonly<Record<string, Cause>> = {
  '1': 'badAddress',
  '4': 'unreachable',
  '6': 'refused',
  '7': 'refused',
}

/** What may be said of a status that asks for another try, when another try is what the sender hears of. */
const FOR_NOW: Readonly<Partial<Record<Cause, Cause>>> = { refused: 'busy', other: 'busy' }

/** Always something. Of a message whose time ran out: what the last attempt said, which is why. */
export function causeOf({
  status,
  lastStatus = status,
  diagnostic = '',
}: Pick<ReportedRecipient, 'status' | 'lastStatus' | 'diagnostic'>): Cause {
  const given = partsOf(lastStatus)
  const [kind, detail] = given?.[1] === '0.0' ? (partsOf(statusInWords(diagnostic) ?? '') ?? given) : (given ?? [])
  if (detail === undefined) return causeInWords(diagnostic) ?? 'other'
  // 4.4.7 is our own or another server's "tried for too long", which says nothing of the reason (RFC 3463 §3.5).
  if (kind === '4' && detail === '4.7') return 'unreachable'
  const cause = CAUSES[detail] ?? causeInWords(diagnostic) ?? SUBJECTS[detail.split('.')[0] ?? ''] ?? 'other'
  return kind === '4' ? (FOR_NOW[cause] ?? cause) : cause
}

/** `5.1.1` as `5` and `1.1`. */
function partsOf(status: string): [kind: string, detail: string] | undefined {
  const [, kind, detail] = /^([245])\.(\d{1,3}\.\d{1,3})$/.exec(status) ?? []
  return kind === undefined || detail === undefined ? undefined : [kind, detail]
}
