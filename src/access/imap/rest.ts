/**
 * What a session waits for while its client says nothing: the host may then hold no more of it than its state.
 */
import type { Commit, MailboxId } from '../../mailbox/index.ts'
import type { ImapSessionState } from './session-state.ts'

export interface Rest {
  /** Its news are told as they come; absent: none are, before the client speaks. */
  readonly mailbox?: number
}

/**
 * The fields of a state that news from elsewhere cannot touch. A session with any other (NOTIFY, half a command, what a
 * later version adds) has to hear of every commit, and so has to stay.
 */
const own: ReadonlySet<string> = new Set<keyof ImapSessionState>([
  'version',
  'enabled',
  'selected',
  'idle',
  'badCommands',
  'compressed',
])

/** Undefined: there is more to it, and it must stay where commits reach it. */
export function restOf(state: ImapSessionState): Rest | undefined {
  if (!Object.keys(state).every((field) => own.has(field))) return undefined
  const { selected, idle } = state
  // The results of searches that the client follows are known up to here only (RFC 5267).
  if (selected?.live !== undefined) return undefined
  return selected === undefined || idle === undefined ? {} : { mailbox: selected.mailbox }
}

/** Whether a client at rest is to be told of a commit (RFC 2177). */
export function endsRest({ mailbox }: Rest, { placements, mailboxes }: Commit): boolean {
  if (mailbox === undefined) return false
  const id = mailbox as MailboxId
  return placements.has(id) || mailboxes.destroyed.includes(id)
}
