/**
 * A session as its host sees it: bytes in, and a state that survives the host's sleep.
 */
import type { Commit } from '../../mailbox/index.ts'

export interface SessionEngine<State = unknown> {
  /** Bytes from the client. Resolves when all commands that they complete have been answered; never rejects. */
  receive(bytes: Uint8Array): Promise<void>
  /** So many more octets of output have reached the client. */
  acknowledge(count: number): void
  /** The bridge has given out so many answers that it was sent ahead. */
  taken?(count: number): void
  /** The store has committed. A promise while the session is busy with it. */
  notify(commit: Commit): void | Promise<void>
  /** Something has happened in what that account shares with the user. */
  othersChanged?(owner: string): void | Promise<void>
  /** The bridge sends no more of this client's input: hand back what is not used, and end. */
  relinquish?(): void
  /** The connection is gone. */
  end(): void
  /** The engine has said its last word: it takes nothing more. */
  readonly closed: boolean
  /** What resumes it; undefined while there is more to it than that, and it must be kept in memory. */
  state(): State | undefined
}
