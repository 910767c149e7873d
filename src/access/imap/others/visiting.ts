import type { ImapSessionState } from '../session-state.ts'

/** An account whose mailboxes are named. */
export interface Host {
  readonly id: string
  /** What stands before the names of its mailboxes. */
  readonly prefix: string
}

/** A mailbox of somebody else that is selected. */
export interface Visiting {
  readonly host: Host
  /** The session there. */
  state: ImapSessionState
  /** Something has happened in that account since the client was told. */
  hasNews: boolean
}
