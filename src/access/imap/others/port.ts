/**
 * How a session reaches the mailboxes that others share with its user: one command at a time, done by the owner's account.
 *
 * The session over somebody else's mailbox is a value that travels (`ImapSessionState`): the owner's account resumes it, does
 * the command, and hands it back. So nothing has to be kept there, and the rights are looked up where they are, each time.
 *
 * Standards: RFC 4314.
 */
import type { NotifyGroup } from '../../../protocol/imap/index.ts'
import type { Completion } from '../completion.ts'
import type { ImapSessionState } from '../session-state.ts'
import type { SeenMailboxes } from './seen-mailboxes.ts'

/** An account that shares something with the user, as it has told. */
export interface Owner {
  readonly id: string
  readonly address: string
  /** The user is subscribed to something of it. */
  readonly isSubscribed: boolean
}

/** A command as it was read, but for its literals, which travel as octets. */
export interface SentCommand {
  readonly name: string
  readonly text: readonly string[]
  readonly sizes: readonly number[]
}

/** A message on its way from one account to another, but for its octets. */
export interface CarriedFacts {
  readonly size: number
  /** Keywords, and `\Deleted`, as the store has them. */
  readonly keywords: readonly string[]
  readonly receivedAt: number
}

/** What is to be done; what goes with it as octets is said behind it. */
export type GuestWork =
  /** Its literals. `part`: one account of several that the command is about. */
  | { readonly do: 'command'; readonly command: SentCommand; readonly part: boolean }
  /** Tells what has happened in the selected mailbox, EXPUNGE too. */
  | { readonly do: 'news' }
  /** Tells what has happened in mailboxes that are watched, since they were seen. `first`: their figures to begin with. */
  | {
      readonly do: 'watch'
      readonly groups: readonly NotifyGroup[]
      readonly seen?: SeenMailboxes
      readonly first: boolean
    }
  /** Which messages a COPY or MOVE of the selected mailbox names. Its literals. */
  | { readonly do: 'name'; readonly command: SentCommand }
  /** Gives the octets of messages, one after the other. */
  | { readonly do: 'take'; readonly uids: readonly number[] }
  /** Takes messages that were moved out of the selected mailbox, and tells it. */
  | { readonly do: 'remove'; readonly uids: readonly number[] }
  /** Puts messages into a mailbox, all or none. Their octets. */
  | { readonly do: 'put'; readonly mailbox: string; readonly messages: readonly CarriedFacts[] }
  /** Takes back what was put there for a COPY that failed. */
  | { readonly do: 'withdraw'; readonly mailbox: number; readonly uids: readonly number[] }

export interface GuestCall {
  /** What stands before the names of this owner's mailboxes. */
  readonly prefix: string
  readonly tag: string
  readonly session: ImapSessionState
  readonly work: GuestWork
}

/** Where messages were put. */
export interface Put {
  readonly mailbox: number
  readonly uidValidity: number
  readonly uids: readonly number[]
}

export interface GuestAnswer {
  /** To go on with; undefined when the session is over: BYE has been said. */
  readonly session?: ImapSessionState
  readonly completion?: Completion
  readonly refusal?: { readonly type: 'NO' | 'BAD'; readonly text: string; readonly code?: string }
  /** For `name`: the messages and their sizes. */
  readonly named?: readonly (readonly [uid: number, size: number])[]
  /** For `take`. */
  readonly taken?: readonly (CarriedFacts & { readonly uid: number })[]
  /** For `watch`. */
  readonly seen?: SeenMailboxes
  /** For `put`. */
  readonly put?: Put
}

export interface OthersPort {
  owners(): readonly Owner[]
  /**
   * Has it done in that account. `receive` is given what comes for the client, or the octets of `take`; what it returns is
   * waited for. `gone`: there is no such account. Throws StoreError `unavailable`.
   */
  visit(
    owner: string,
    call: GuestCall,
    octets: readonly Uint8Array[],
    receive: (octets: Uint8Array) => Promise<void> | void,
  ): Promise<GuestAnswer | 'gone'>
}
