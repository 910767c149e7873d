/**
 * What survives hibernation: enough to go on exactly where the client believes the session is.
 */
import type { NotifyWishes, ReaderSnapshot } from '../../protocol/imap/index.ts'
import type { SeenMailboxes } from './others/seen-mailboxes.ts'

/** What a client may switch on with ENABLE or by using it (RFC 5161, RFC 7162 §3.1, RFC 9755 §3, RFC 9586 §3). */
export type Enabled = 'CONDSTORE' | 'IMAP4rev2' | 'QRESYNC' | 'UIDONLY' | 'UTF8=ACCEPT'

/** Structured-clonable; a few hundred octets as a rule, never above 16 KiB. */
export interface ImapSessionState {
  /** The shape's version: a deployed server meets states that an older one has written. */
  version: 1
  enabled: Enabled[]
  selected?: SelectedState
  /** In the place of `selected`: whose mailbox, and the session there. */
  visiting?: { host: { id: string; prefix: string }; state: ImapSessionState }
  /** The tag of an IDLE in progress. */
  idle?: string
  /** Input received that is not yet a command. */
  input?: ReaderSnapshot
  badCommands?: number
  /** Compression is active. */
  compressed?: true
  /** Set by NOTIFY. */
  notify?: NotifyWishes
  /** What was told of the mailboxes of others that are watched, by account. */
  watched?: [id: string, seen: SeenMailboxes][]
}

export interface SelectedState {
  mailbox: number
  uidValidity: number
  readOnly: boolean
  /**
   * The account's counter when the client was last told news. UIDs come from the same counter, so the messages it
   * knows are those with a UID up to this, and what changed or vanished since is what the change log has behind it.
   */
  told: number
  /** A UID set of messages that are gone while the client could not be told (RFC 9051 §7.5.1). */
  gone: string
  /** What the counter was when the first of `gone` went: the client knows of everything up to it. */
  goneSince?: number
  /** A UID set: the result of SEARCH RETURN (SAVE). Absent when it was never set, or too large to keep. */
  saved?: string
  /** Searches whose results the client follows. */
  live?: KeptSearch[]
  /** A result was saved and had to be forgotten. */
  savedLost?: boolean
}

export interface KeptSearch {
  tag: string
  terms: string
  /** A UID set, without the order of SORT. Absent when it was too large to keep. */
  results?: string
}
