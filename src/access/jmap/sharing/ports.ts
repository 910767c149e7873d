/**
 * What the methods about sharing need of the house: who there is, and the accounts that share something.
 *
 * Standards: RFC 9670.
 */
import type { Person } from '../../../mailbox/index.ts'
import type { JsonObject } from '../../../protocol/jmap/index.ts'
import type { JmapResponse } from '../response.ts'

/** Somebody whom the user may see: the people of the account's own domain. */
export interface ListedPerson extends Person {
  readonly description: string | null
  readonly timeZone: string | null
}

/** What became of people since a number; null: nobody knows any more. */
export interface PeopleChanges {
  readonly state: number
  readonly changes: {
    readonly created: readonly string[]
    readonly updated: readonly string[]
    readonly destroyed: readonly string[]
  } | null
}

/** What the user may say about themselves. Absent: as before; null: nothing. */
export interface ProfilePatch {
  readonly name?: string
  readonly description?: string | null
  readonly timeZone?: string | null
}

/** The directory of the account's domain. Each call asks it. */
export interface PeoplePort {
  /** All, or those of these ids that exist. `state` moves when anything in the directory does. */
  people(ids?: readonly string[]): Promise<{ readonly state: number; readonly people: readonly ListedPerson[] }>
  changes(since: number): Promise<PeopleChanges>
  /** Changes what is said about the account's own user. Throws `notFound` when the directory does not have them. */
  setProfile(patch: ProfilePatch): Promise<void>
}

/** A method call on somebody else's account: no references in it any more. */
export interface SharedCall {
  readonly name: string
  readonly arguments: JsonObject
  readonly using: readonly string[]
  readonly createdIds: readonly (readonly [creationId: string, id: string])[]
}

/** `error` is a method-level error (RFC 8620 §3.6.2). `createdIds` are those that the call added. */
export type SharedAnswer =
  | {
      readonly arguments: JsonObject
      readonly createdIds: readonly (readonly [creationId: string, id: string])[]
    }
  | { readonly error: JsonObject }

/** Where a message that is copied goes, in the terms of the account that gets it. */
export interface CopiedEmail {
  readonly mailboxIds: JsonObject
  readonly keywords: JsonObject
  readonly receivedAt: string
}

/** `refused` is a SetError. */
export type CopyOutcome = { readonly created: JsonObject } | { readonly refused: JsonObject }

/**
 * The accounts of others, each of which sees to it that `user` does nothing there that was not granted. Rejects when an
 * account cannot be reached; `gone`: there is no such account.
 */
export interface OwnersPort {
  call(owner: string, user: Person, call: SharedCall): Promise<SharedAnswer | 'gone'>
  upload(owner: string, user: Person, bytes: Uint8Array, type: string): Promise<JmapResponse>
  /** Undefined when there is no such blob for the user. */
  blob(owner: string, user: Person, blobId: string): Promise<{ type: string; size: number } | undefined>
  octets(owner: string, user: Person, blobId: string, start: number, end: number): Promise<Uint8Array | undefined>
  add(owner: string, user: Person, email: CopiedEmail, raw: Uint8Array): Promise<CopyOutcome>
}

export interface SharingPorts {
  readonly people: PeoplePort
  readonly owners: OwnersPort
}
