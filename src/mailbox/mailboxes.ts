/**
 * The tree of mailboxes: read into memory once, every change checked against the whole tree before it is written.
 *
 * Standards: RFC 8621 §2 and §2.5, RFC 9051 §2.3.1.1 (UIDVALIDITY) and §5.1 (INBOX).
 */
import type { Sql } from '../storage/index.ts'
import type { AccountTable } from './account-table.ts'
import { MailboxError } from './errors.ts'
import type { MailboxId, ModSeq } from './ids.ts'
import type { Journal } from './journal.ts'
import type { StoreLimits } from './limits.ts'
import { expectRole, normaliseMailboxName } from './mailbox-name.ts'
import { inOrder, type MailboxRow, readMailboxes } from './mailbox-row.ts'
import type { Mailbox, MailboxPatch, MailboxRole, NewMailbox } from './types.ts'

/** RFC 8620 §1.3 UnsignedInt, as far as RFC 8621 §2 allows for sortOrder. */
const maxSortOrder = 2 ** 31 - 1

type Checked = Pick<MailboxRow, 'name' | 'parentId' | 'role' | 'sortOrder' | 'isSubscribed'>

export class Mailboxes {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #account: AccountTable
  readonly #limits: StoreLimits
  readonly #now: () => number
  #rows: Map<MailboxId, MailboxRow> | undefined
  #ordered: readonly MailboxRow[] | undefined

  constructor(sql: Sql, journal: Journal, account: AccountTable, limits: StoreLimits, now: () => number) {
    this.#sql = sql
    this.#journal = journal
    this.#account = account
    this.#limits = limits
    this.#now = now
  }

  all(): readonly Mailbox[] {
    return (this.#ordered ??= inOrder(this.#load()))
  }

  ids(): readonly MailboxId[] {
    return [...this.#load().keys()]
  }

  get(id: MailboxId): Mailbox | undefined {
    return this.#load().get(id)
  }

  expect(id: MailboxId): MailboxRow {
    const mailbox = this.#load().get(id)
    if (mailbox === undefined) throw new MailboxError('notFound', 'no such mailbox')
    return mailbox
  }

  byRole(role: MailboxRole): Mailbox | undefined {
    for (const mailbox of this.#load().values()) if (mailbox.role === role) return mailbox
    return undefined
  }

  byPath(path: readonly string[]): Mailbox | undefined {
    let found: Mailbox | undefined
    for (const [level, component] of path.entries()) {
      if (level === 0 && component.toUpperCase() === 'INBOX') found = this.byRole('inbox')
      else found = this.#child(found?.id ?? null, component.normalize('NFC'))
      if (found === undefined) return undefined
    }
    return found
  }

  path(id: MailboxId): readonly string[] {
    const mailbox = this.expect(id)
    return mailbox.parentId === null ? [mailbox.name] : [...this.path(mailbox.parentId), mailbox.name]
  }

  children(id: MailboxId): readonly Mailbox[] {
    return [...this.#load().values()].filter((mailbox) => mailbox.parentId === id)
  }

  create(wanted: NewMailbox): Mailbox {
    if (this.#load().size >= this.#limits.maxMailboxes) {
      throw new MailboxError('tooManyMailboxes', `an account has at most ${this.#limits.maxMailboxes} mailboxes`)
    }
    const checked = this.#check(undefined, {
      name: wanted.name,
      parentId: wanted.parentId ?? null,
      role: wanted.role ?? null,
      sortOrder: wanted.sortOrder ?? 0,
      isSubscribed: wanted.isSubscribed ?? true,
    })
    const id = this.#journal.take() as MailboxId
    const uidValidity = this.#account.nextUidValidity(this.#now())
    const row: MailboxRow = {
      ...checked,
      id,
      uidValidity,
      uidFloor: 1,
      expungeModseq: 0,
      modseq: id as number as ModSeq,
    }
    this.#sql.exec(
      `INSERT INTO mailbox (id, parent, name, role, sort_order, subscribed, uid_validity, uid_floor, expunge_modseq, modseq)
       VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, ?)`,
      id,
      row.parentId,
      row.name,
      row.role,
      row.sortOrder,
      row.isSubscribed ? 1 : 0,
      uidValidity,
      id,
    )
    this.#keep(row)
    this.#journal.record.mailboxes.create(id)
    return row
  }

  update(id: MailboxId, patch: MailboxPatch): Mailbox {
    const current = this.expect(id)
    const { name, parentId, role, sortOrder, isSubscribed } = current
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as MailboxPatch
    const checked = this.#check(current, { name, parentId, role, sortOrder, isSubscribed, ...given })
    const modseq = this.#journal.touch()
    const row: MailboxRow = { ...current, ...checked, modseq }
    this.#sql.exec(
      `UPDATE mailbox SET parent = ?, name = ?, role = ?, sort_order = ?, subscribed = ?, modseq = ? WHERE id = ?`,
      row.parentId,
      row.name,
      row.role,
      row.sortOrder,
      row.isSubscribed ? 1 : 0,
      modseq,
      id,
    )
    this.#keep(row)
    // What is the trash decides which threads are unread elsewhere (RFC 8621 §2).
    const movesTrash = current.role !== row.role && (current.role === 'trash' || row.role === 'trash')
    for (const changed of movesTrash ? this.ids() : [id]) this.#journal.record.mailboxes.update(changed)
    return row
  }

  /** Removes the row; the caller has emptied the mailbox. */
  remove(id: MailboxId): void {
    this.#journal.touch()
    this.#sql.exec('DELETE FROM mailbox WHERE id = ?', id)
    this.#load().delete(id)
    this.#ordered = undefined
    this.#journal.record.mailboxes.destroy(id)
  }

  /** Notes that messages left a mailbox: UIDs below `uidFloor` are used up, and it last lost one at `modseq`. */
  expunged(id: MailboxId, uidFloor: number, modseq: number): void {
    const row = this.expect(id)
    const floor = Math.max(row.uidFloor, uidFloor)
    if (row.uidFloor === floor && row.expungeModseq === modseq) return
    this.#sql.exec('UPDATE mailbox SET uid_floor = ?, expunge_modseq = ? WHERE id = ?', floor, modseq, id)
    this.#keep({ ...row, uidFloor: floor, expungeModseq: modseq })
  }

  /** Notes that something of the mailbox changed that is of no message. */
  changed(id: MailboxId, modseq: number): void {
    this.expunged(id, 0, modseq)
  }

  forget(): void {
    this.#rows = undefined
    this.#ordered = undefined
  }

  #check(current: MailboxRow | undefined, wanted: Required<NewMailbox>): Checked {
    const parentId = wanted.parentId
    if (parentId !== null && !this.#load().has(parentId)) throw invalid('no such parent mailbox', 'parentId')
    const name = normaliseMailboxName(wanted.name, this.#limits.maxMailboxNameSize)
    const role = expectRole(wanted.role)
    if (!Number.isInteger(wanted.sortOrder) || wanted.sortOrder < 0 || wanted.sortOrder > maxSortOrder) {
      throw invalid('sortOrder is an integer from 0 to 2^31 - 1', 'sortOrder')
    }
    if (typeof wanted.isSubscribed !== 'boolean') throw invalid('isSubscribed is a boolean', 'isSubscribed')
    if (current?.role === 'inbox') {
      if (role !== 'inbox') throw invalid('the inbox keeps its role', 'role')
      if (parentId !== null) throw invalid('the inbox stays at the top', 'parentId')
    } else if (parentId === null && name.toUpperCase() === 'INBOX' && role !== 'inbox') {
      throw invalid('the name INBOX is taken in any case (RFC 9051 §5.1)', 'name')
    }
    const sibling = this.#child(parentId, name)
    if (sibling !== undefined && sibling.id !== current?.id) throw invalid('a sibling has this name', 'name')
    const holder = role === null ? undefined : this.byRole(role)
    if (holder !== undefined && holder.id !== current?.id) throw invalid('another mailbox has this role', 'role')
    this.#checkDepth(current, parentId)
    return { name, parentId, role, sortOrder: wanted.sortOrder, isSubscribed: wanted.isSubscribed }
  }

  #checkDepth(current: MailboxRow | undefined, parentId: MailboxId | null): void {
    let depth = current === undefined ? 1 : this.#height(current.id)
    for (let above = parentId; above !== null; above = this.expect(above).parentId) {
      if (above === current?.id) throw invalid('a mailbox cannot be inside itself', 'parentId')
      depth++
    }
    const max = this.#limits.maxMailboxDepth
    if (depth > max) throw invalid(`mailboxes are at most ${max} levels deep`, 'parentId')
  }

  #height(id: MailboxId): number {
    const heights = this.children(id).map((child) => this.#height(child.id))
    return 1 + Math.max(0, ...heights)
  }

  #child(parentId: MailboxId | null, name: string): Mailbox | undefined {
    for (const mailbox of this.#load().values()) {
      if (mailbox.parentId === parentId && mailbox.name === name) return mailbox
    }
    return undefined
  }

  #keep(row: MailboxRow): void {
    this.#load().set(row.id, row)
    this.#ordered = undefined
  }

  #load(): Map<MailboxId, MailboxRow> {
    return (this.#rows ??= readMailboxes(this.#sql))
  }
}

function invalid(message: string, property: string): MailboxError {
  return new MailboxError('invalidProperties', message, [property])
}
