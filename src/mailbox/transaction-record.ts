/**
 * What one transaction has changed so far: the source of the change row and of the `Commit` that listeners get.
 */
import type { EmailId, IdentityId, MailboxId, ModSeq, SubmissionId, ThreadId, Uid } from './ids.ts'
import type { Rights } from './rights.ts'
import type { Commit, ObjectChanges, PlacementChanges } from './changes.ts'

/** Created, updated and destroyed ids of one type; an id is in at most one set. */
export class ObjectRecord<Id extends number> {
  readonly created = new Set<Id>()
  readonly updated = new Set<Id>()
  readonly destroyed = new Set<Id>()

  create(id: Id): void {
    this.created.add(id)
  }

  update(id: Id): void {
    if (!this.created.has(id)) this.updated.add(id)
  }

  destroy(id: Id): void {
    this.updated.delete(id)
    if (!this.created.delete(id)) this.destroyed.add(id)
  }

  /** Something that stays was created or destroyed. */
  get counted(): boolean {
    return this.created.size + this.destroyed.size > 0
  }

  changes(): ObjectChanges<Id> {
    return { created: [...this.created], updated: [...this.updated], destroyed: [...this.destroyed] }
  }
}

class PlacementRecord {
  readonly added = new Set<number>()
  readonly changed = new Set<number>()
  readonly expunged = new Set<number>()
}

export type QuotaChange = 'created' | 'updated' | 'destroyed'

export class TransactionRecord {
  readonly start: number
  /** The number that `Journal.touch` gave last; 0: none. */
  lastTouch = 0
  readonly emails = new ObjectRecord<EmailId>()
  readonly mailboxes = new ObjectRecord<MailboxId>()
  readonly identities = new ObjectRecord<IdentityId>()
  readonly submissions = new ObjectRecord<SubmissionId>()
  /** Thread of each destroyed email. */
  readonly threadOfDestroyed = new Map<number, ThreadId>()
  /** Emails whose marks or places changed: whether JMAP did not see them when the transaction began (visibility.ts). */
  readonly wasHidden = new Map<EmailId, boolean>()
  /** Emails that stay and that JMAP sees no longer, and those that it sees again. */
  readonly hiddenEmails = new Set<EmailId>()
  readonly revealedEmails = new Set<EmailId>()
  /** While something is shared: where JMAP saw emails when the transaction began, before they were moved, marked or destroyed. */
  readonly placesBefore = new Map<EmailId, readonly MailboxId[]>()
  readonly threads = new Set<ThreadId>()
  readonly placements = new Map<MailboxId, PlacementRecord>()
  /** Principals whose grants changed, and the grants that went with their mailboxes. */
  readonly grantees = new Set<string>()
  readonly lostGrants = new Map<MailboxId, ReadonlyMap<string, Rights>>()
  /** Entries that were set or removed, by mailbox; of the account itself without one. Not counted as a change of state. */
  readonly annotations = new Map<MailboxId | undefined, Set<string>>()
  /** Notices of what others share came or went. */
  notifications = false
  /** The vacation response changed. */
  vacation = false
  /** What became of the account's quota; `used`: only the octets that count towards it. */
  quota: QuotaChange | 'used' | undefined
  #placed = false

  constructor(start: number) {
    this.start = start
  }

  /** Numbers were taken that no created row's id holds, or existing objects changed. */
  get needsRow(): boolean {
    return this.lastTouch !== 0 || this.#placed
  }

  emailCreated(id: EmailId, thread: ThreadId): void {
    this.emails.create(id)
    this.threads.add(thread)
  }

  emailDestroyed(id: EmailId, thread: ThreadId): void {
    this.emails.destroy(id)
    this.threads.add(thread)
    if (id <= this.start) this.threadOfDestroyed.set(id, thread)
  }

  annotated(mailbox: MailboxId | undefined, entry: string): void {
    const entries = this.annotations.get(mailbox)
    if (entries === undefined) this.annotations.set(mailbox, new Set([entry]))
    else entries.add(entry)
  }

  hid(id: EmailId, thread: ThreadId): void {
    this.hiddenEmails.add(id)
    this.threads.add(thread)
  }

  revealed(id: EmailId, thread: ThreadId): void {
    this.revealedEmails.add(id)
    this.threads.add(thread)
  }

  /** A message appeared in a mailbox; `created` when as part of a new email. */
  placed(mailbox: MailboxId, uid: number, created: boolean): void {
    this.#of(mailbox).added.add(uid)
    if (!created) this.#placed = true
  }

  flagged(mailbox: MailboxId, uid: number): void {
    const record = this.#of(mailbox)
    if (!record.added.has(uid)) record.changed.add(uid)
  }

  expunged(mailbox: MailboxId, uid: number): void {
    const record = this.#of(mailbox)
    record.changed.delete(uid)
    if (!record.added.delete(uid)) record.expunged.add(uid)
  }

  commit(state: ModSeq): Commit {
    const placements = new Map<MailboxId, PlacementChanges>()
    for (const [mailbox, { added, changed, expunged }] of this.placements) {
      placements.set(mailbox, { added: ascending(added), changed: ascending(changed), expunged: ascending(expunged) })
    }
    return {
      previousState: this.start as ModSeq,
      state,
      emails: this.emails.changes(),
      mailboxes: { ...this.mailboxes.changes(), counts: new Set(this.placements.keys()) },
      identities: this.identities.changes(),
      submissions: this.submissions.changes(),
      threads: this.threads,
      grants: this.grantees,
      annotations: this.annotations,
      notifications: this.notifications,
      vacation: this.vacation,
      quota: this.quota !== undefined,
      placements,
    }
  }

  #of(mailbox: MailboxId): PlacementRecord {
    let record = this.placements.get(mailbox)
    if (record === undefined) this.placements.set(mailbox, (record = new PlacementRecord()))
    return record
  }
}

function ascending(uids: Set<number>): Uid[] {
  return [...uids].sort((a, b) => a - b) as Uid[]
}
