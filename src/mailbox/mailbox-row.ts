/**
 * Mailbox rows as read from the database, and the order in which they are listed.
 */
import type { Sql } from '../storage/index.ts'
import type { MailboxId, ModSeq } from './ids.ts'
import type { Mailbox, MailboxRole } from './types.ts'

/** A mailbox with what IMAP needs beside RFC 8621's properties. */
export interface MailboxRow extends Mailbox {
  /** The lowest UID that the next message may get, when higher than all present ones. */
  readonly uidFloor: number
  /** The mod-sequence at which messages were last taken out; 0: never. */
  readonly expungeModseq: number
}

export function readMailboxes(sql: Sql): Map<MailboxId, MailboxRow> {
  const rows = new Map<MailboxId, MailboxRow>()
  for (const row of sql.exec('SELECT * FROM mailbox ORDER BY id')) {
    const id = row.id as MailboxId
    rows.set(id, {
      id,
      name: row.name as string,
      parentId: row.parent as MailboxId | null,
      role: row.role as MailboxRole | null,
      sortOrder: row.sort_order as number,
      isSubscribed: row.subscribed === 1,
      uidValidity: row.uid_validity as number,
      uidFloor: row.uid_floor as number,
      expungeModseq: row.expunge_modseq as number,
      modseq: row.modseq as ModSeq,
    })
  }
  return rows
}

/** Parents before children; siblings by sortOrder, then name by code point, then id (RFC 8621 §2 `sortOrder`). */
export function inOrder<M extends Mailbox>(rows: ReadonlyMap<MailboxId, M>): readonly M[] {
  const children = new Map<MailboxId | null, M[]>()
  for (const row of rows.values()) {
    const siblings = children.get(row.parentId)
    if (siblings === undefined) children.set(row.parentId, [row])
    else siblings.push(row)
  }
  const ordered: M[] = []
  const visit = (parent: MailboxId | null): void => {
    for (const row of (children.get(parent) ?? []).sort(compare)) {
      ordered.push(row)
      visit(row.id)
    }
  }
  visit(null)
  return ordered
}

function compare(a: Mailbox, b: Mailbox): number {
  if (a.sortOrder !== b.sortOrder) return a.sortOrder - b.sortOrder
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.id - b.id
}
