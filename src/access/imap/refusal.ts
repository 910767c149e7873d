/**
 * From what a command threw to what the client is told.
 *
 * Standards: RFC 5530 (response codes), RFC 9208 §4.3 (OVERQUOTA), RFC 9051 §7.1.
 */
import { StoreError, type StoreErrorType } from '../../mailbox/index.ts'
import { ImapError, no } from '../../protocol/imap/index.ts'

const codes: Partial<Record<StoreErrorType, string>> = {
  notFound: 'NONEXISTENT',
  invalidProperties: 'CANNOT',
  invalidArguments: 'CANNOT',
  overQuota: 'OVERQUOTA',
  tooLarge: 'TOOBIG',
  forbidden: 'NOPERM',
  mailboxHasChild: 'HASCHILDREN',
  tooManyKeywords: 'LIMIT',
  tooManyMailboxes: 'LIMIT',
  unavailable: 'UNAVAILABLE',
}

/** The answer to a failed command. What is neither a refusal of ours nor of the store is a bug: logged, never shown. */
export function refusalOf(error: unknown, bug: (error: unknown) => void): ImapError {
  if (error instanceof ImapError) return error
  if (error instanceof StoreError) return no(singleLine(error.message), codes[error.type])
  bug(error)
  return no('Internal error', 'SERVERBUG')
}

/** A store's message may quote what the client sent: as text it must be one line of ASCII (RFC 9051 §9, resp-text). */
function singleLine(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200) || 'Refused'
}
