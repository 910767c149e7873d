/**
 * What changed since a state: created objects by their ids, the rest from the change rows.
 *
 * To JMAP, an email that was marked `\Deleted` at its last place is destroyed, and created again when the mark goes.
 *
 * Standards: RFC 8620 §5.2 (/changes), RFC 8621 §2.2, §3.2 and §4.1.1, RFC 7162 §3.2.6 (VANISHED).
 */
import type { Sql } from '../storage/index.ts'
import type { AccountTable } from './account-table.ts'
import { batches } from './batches.ts'
import { type ChangeRow, decodeChangeRow } from './change-row.ts'
import { Bitmap } from './bitmap.ts'
import type { EmailId, MailboxId, ModSeq, ThreadId, Uid } from './ids.ts'
import type { Journal } from './journal.ts'
import type { Mailboxes } from './mailboxes.ts'
import type { ShareNotifications } from './share-notifications.ts'
import type { Threads } from './threads.ts'
import type { Changes, ChangeType } from './changes.ts'
import type { Views } from './views.ts'
import type { Visibility } from './visibility.ts'

/** Emails whose threads are looked at to find mailboxes with changed thread counts; above that, all mailboxes are told. */
const maxTraced = 500
/** The history is pruned when the counter passes a multiple of this: often enough, and no state to keep. */
const pruneEvery = 4096

const tables = { Email: 'email', Mailbox: 'mailbox', Identity: 'identity', EmailSubmission: 'submission' } as const
type RowType = keyof typeof tables

/** What of the history is told to somebody else than the owner. */
export interface ChangeLens {
  /** All rows after some state, as if only what is seen had ever been there. */
  rows(rows: readonly ChangeRow[]): readonly ChangeRow[]
  /** Now. */
  sees(email: number): boolean
  hasMailbox(mailbox: number): boolean
}

export interface ChangeLogParts {
  readonly sql: Sql
  readonly journal: Journal
  readonly account: AccountTable
  /** For counts: those that exist. */
  readonly mailboxes: Pick<Mailboxes, 'get' | 'ids' | 'expect'>
  readonly views: Views
  readonly threads: Pick<Threads, 'of'>
  readonly visibility: Visibility
  readonly shareNotifications: ShareNotifications
  readonly maxRows: number
  /** Undefined: the owner. */
  readonly lens?: ChangeLens
}

export class ChangeLog {
  readonly #parts: ChangeLogParts

  constructor(parts: ChangeLogParts) {
    this.#parts = parts
  }

  /** The same history as somebody else may be told it. */
  through(lens: ChangeLens, parts: Pick<ChangeLogParts, 'mailboxes' | 'threads'>): ChangeLog {
    return new ChangeLog({ ...this.#parts, ...parts, lens })
  }

  /** What happened after `since` and not after `until`. */
  changes(
    type: ChangeType,
    since: number,
    max = Infinity,
    until: number = this.#parts.journal.state,
  ): Changes | undefined {
    const { state } = this.#parts.journal
    if (!Number.isInteger(since) || since < this.#floor() || since > until || until > state) return undefined
    if (since === until) return outcome([], [], [], until, until < state)
    if (type === 'VacationResponse') return this.#vacationChanges(since)
    if (type === 'Quota') return this.#quotaChanges(since)
    const changes = this.#someChanges(type, since, max, until)
    return until < state && changes !== undefined ? { ...changes, hasMoreChanges: true } : changes
  }

  #someChanges(
    type: RowType | 'Thread' | 'ShareNotification',
    since: number,
    max: number,
    until: number,
  ): Changes | undefined {
    if (type === 'Thread') return atMost(max, this.#threadChanges(since, until))
    if (type === 'Mailbox') return atMost(max, this.#mailboxChanges(since, until))
    if (type === 'ShareNotification') {
      const notices = this.#parts.shareNotifications.changes(since, until)
      return notices === undefined ? undefined : atMost(max, notices)
    }
    const changes = this.#rowChanges(type, since, max, until)
    return type === 'Email' && changes !== undefined ? this.#visible(changes) : changes
  }

  /** Without what JMAP does not see now: if it did at `newState`, it is destroyed after that. */
  #visible(changes: Changes): Changes {
    const { created, updated } = changes
    const { lens, visibility } = this.#parts
    const hidden = lens === undefined ? visibility.hidden([...created, ...updated] as EmailId[]) : undefined
    if (hidden?.size === 0) return changes
    const isVisible = (id: number): boolean => lens?.sees(id) ?? hidden?.has(id as EmailId) !== true
    return { ...changes, created: created.filter(isVisible), updated: updated.filter(isVisible) }
  }

  expungedSince(mailbox: MailboxId, modseq: number): Uid[] | undefined {
    this.#parts.mailboxes.expect(mailbox)
    return this.#expungedAfter(mailbox, modseq)?.filter((uid) => uid <= modseq)
  }

  /** All UIDs that have gone since, also of messages that came after it: a client's cache may be ahead of its state. */
  vanishedSince(mailbox: MailboxId, modseq: number): Uid[] | undefined {
    this.#parts.mailboxes.expect(mailbox)
    return this.#expungedAfter(mailbox, modseq)
  }

  #expungedAfter(mailbox: MailboxId, modseq: number): Uid[] | undefined {
    if (modseq < this.#floor()) return undefined
    const gone: number[] = []
    for (const row of this.#rowsAfter(modseq)) for (const uid of row.expunged.get(mailbox) ?? []) gone.push(uid)
    return gone.sort((a, b) => a - b) as Uid[]
  }

  /** Before commit: drops the oldest rows beyond the limit now and then. */
  prune(before: number, after: number): void {
    if (Math.floor(before / pruneEvery) === Math.floor(after / pruneEvery)) return
    const { sql, account, maxRows } = this.#parts
    const oldest = sql
      .exec<{ modseq: number }>('SELECT modseq FROM change ORDER BY modseq DESC LIMIT 1 OFFSET ?', maxRows)
      .toArray()[0]
    if (oldest === undefined) return
    sql.exec('DELETE FROM change WHERE modseq <= ?', oldest.modseq)
    account.set('history_floor', oldest.modseq)
  }

  #floor(): number {
    return Number(this.#parts.account.get('history_floor') ?? 0)
  }

  *#rowsAfter(since: number, until: number = this.#parts.journal.state): Iterable<ChangeRow> {
    const { lens } = this.#parts
    if (lens === undefined) return yield* this.#readRows(since, until)
    const seen = lens.rows([...this.#readRows(since, this.#parts.journal.state)])
    yield* seen.filter(({ modseq }) => modseq <= until)
  }

  *#readRows(since: number, until: number): Generator<ChangeRow> {
    const query = 'SELECT modseq, payload FROM change WHERE modseq > ? AND modseq <= ? ORDER BY modseq'
    const rows = this.#parts.sql.exec<{ modseq: number; payload: string }>(query, since, until).toArray()
    for (const row of rows) yield decodeChangeRow(row.modseq, row.payload)
  }

  #createdAfter(type: RowType, since: number, until: number): number[] {
    const query = `SELECT id FROM ${tables[type]} WHERE id > ? AND id <= ? ORDER BY id`
    const ids = Array.from(this.#parts.sql.exec<{ id: number }>(query, since, until), (row) => row.id)
    const { lens } = this.#parts
    if (lens === undefined) return ids
    return ids.filter((id) => (type === 'Email' ? lens.sees(id) : lens.hasMailbox(id)))
  }

  /** Walks numbers upwards and stops before the one that would exceed `max`: that is the intermediate state. */
  #rowChanges(type: RowType, since: number, max: number, until: number): Changes | undefined {
    const found = { created: new Set<number>(), updated: new Set<number>(), destroyed: new Set<number>() }
    const created = this.#createdAfter(type, since, until)
    let next = 0
    let state = since
    const size = (): number => found.created.size + found.updated.size + found.destroyed.size
    const stopped = (hasMore: boolean): Changes | undefined =>
      state === since ? undefined : outcome(found.created, found.updated, found.destroyed, state, hasMore)
    const createUpTo = (modseq: number): boolean => {
      while (next < created.length && (created[next] as number) <= modseq) {
        if (size() === max) return false
        state = created[next++] as number
        found.created.add(state)
      }
      return true
    }
    for (const row of this.#rowsAfter(since, until)) {
      if (!createUpTo(row.modseq - 1)) return stopped(true)
      const [updated, destroyed] = objectsOf(row, type)
      const [hidden, revealed] = type === 'Email' ? [row.emailsHidden, row.emailsRevealed] : [[], []]
      const news = new Set(
        [...updated, ...destroyed, ...hidden, ...revealed].filter((id) => id <= since && !seen(found, id)),
      )
      const alsoCreated = created[next] === row.modseq ? 1 : 0
      if (size() + news.size + alsoCreated > max) return stopped(true)
      createUpTo(row.modseq)
      for (const id of updated) if (id <= since && !seen(found, id)) found.updated.add(id)
      for (const id of [...destroyed, ...hidden]) {
        found.updated.delete(id)
        // Created, though it is older: it came into sight after `since`.
        if (id <= since && !found.created.delete(id)) found.destroyed.add(id)
      }
      for (const id of revealed) {
        found.updated.delete(id)
        if (id <= since) (found.destroyed.delete(id) ? found.updated : found.created).add(id)
      }
      state = row.modseq
    }
    if (!createUpTo(Infinity)) return stopped(true)
    state = until
    return stopped(false)
  }

  /** A thread is created with its first email, destroyed with its last, updated when others come or go (RFC 8621 §3.2). */
  #threadChanges(since: number, until: number): Changes {
    const { threads } = this.#parts
    const touched = new Set<ThreadId>()
    /** Threads known to have had an email that JMAP saw at `since`. */
    const before = new Set<ThreadId>()
    for (const thread of this.#newThreads(since, until)) touched.add(thread)
    /** Whether JMAP saw an email at `since`, of those for which that changed later. */
    const seenBefore = new Map<number, boolean>()
    for (const row of this.#rowsAfter(since, until)) {
      for (const id of row.emailsHidden) if (id <= since && !seenBefore.has(id)) seenBefore.set(id, true)
      for (const id of row.emailsRevealed) if (id <= since && !seenBefore.has(id)) seenBefore.set(id, false)
      for (const [index, id] of row.emailsDestroyed.entries()) {
        if (id > since) continue
        const thread = row.threadsOfDestroyed[index] as ThreadId
        touched.add(thread)
        if (seenBefore.get(id) ?? !row.destroyedHidden.has(id)) before.add(thread)
      }
    }
    for (const [id, thread] of this.#threadsOf([...seenBefore.keys()])) {
      touched.add(thread)
      if (seenBefore.get(id) === true) before.add(thread)
    }
    const now = threads.of([...touched])
    const changes = { created: [] as number[], updated: [] as number[], destroyed: [] as number[] }
    for (const thread of touched) {
      const emails = now.get(thread)
      const existed = before.has(thread) || (emails ?? []).some((id) => id <= since && seenBefore.get(id) !== false)
      if (emails === undefined) {
        if (existed) changes.destroyed.push(thread)
      } else if (existed) changes.updated.push(thread)
      else changes.created.push(thread)
    }
    return outcome(changes.created, changes.updated, changes.destroyed, until)
  }

  /** Threads of emails that came. */
  #newThreads(since: number, until: number): Iterable<ThreadId> {
    const { sql, lens } = this.#parts
    if (lens !== undefined) {
      return Array.from(this.#threadsOf(this.#createdAfter('Email', since, until)), ([, thread]) => thread)
    }
    const query = 'SELECT DISTINCT thread FROM email WHERE id > ? AND id <= ?'
    return Array.from(sql.exec<{ thread: ThreadId }>(query, since, until), ({ thread }) => thread)
  }

  /** Existing emails and their threads. */
  *#threadsOf(emails: readonly number[]): Generator<[email: number, thread: ThreadId]> {
    const query = 'SELECT id, thread FROM email WHERE id IN (SELECT value FROM json_each(?))'
    for (const batch of batches(emails)) {
      const rows = this.#parts.sql.exec<{ id: number; thread: ThreadId }>(query, JSON.stringify(batch)).toArray()
      for (const { id, thread } of rows) yield [id, thread]
    }
  }

  #mailboxChanges(since: number, until: number): Changes {
    const { mailboxes } = this.#parts
    const own = this.#rowChanges('Mailbox', since, Infinity, until)
    const ownUpdated = new Set(own?.updated)
    const updated = new Set(ownUpdated)
    for (const id of this.#countsChanged(since, until)) {
      if (id <= since && mailboxes.get(id as MailboxId) !== undefined) updated.add(id)
    }
    const changes = outcome(own?.created ?? [], updated, own?.destroyed ?? [], until)
    return { ...changes, onlyCounts: ownUpdated.size === 0 && updated.size > 0 }
  }

  /** The singleton (RFC 8621 §8) goes by the number 1. */
  #vacationChanges(since: number): Changes {
    const changed = [...this.#rowsAfter(since)].some(({ vacation }) => vacation)
    return outcome([], changed ? [1] : [], [], this.#parts.journal.state)
  }

  /** The account's one quota goes by the number 1: its limit by change rows, its use by emails that came or went. */
  #quotaChanges(since: number): Changes {
    const { journal, account } = this.#parts
    const rows = [...this.#rowsAfter(since)]
    const own = rows.map(({ quota }) => quota).filter((quota) => quota !== undefined)
    const exists = account.facts.quota !== undefined
    const existed = own.length === 0 ? exists : own[0] !== 'created'
    if (!exists || !existed) return outcome(exists ? [1] : [], [], existed ? [1] : [], journal.state)
    const used = rows.some(({ emailsDestroyed }) => emailsDestroyed.length > 0) || this.#hasNewEmail(since)
    const changes = outcome([], own.length > 0 || used ? [1] : [], [], journal.state)
    return { ...changes, onlyCounts: own.length === 0 && used }
  }

  #hasNewEmail(since: number): boolean {
    return this.#parts.sql.exec('SELECT 1 FROM email WHERE id > ? LIMIT 1', since).toArray().length > 0
  }

  /** Mailboxes whose numbers may differ: those of changed emails and of all emails in their threads. */
  #countsChanged(since: number, until: number): Set<number> {
    const { sql, mailboxes } = this.#parts
    const counts = new Set<number>()
    const emails = new Set(this.#createdAfter('Email', since, until))
    const threads = new Set<number>()
    for (const row of this.#rowsAfter(since, until)) {
      for (const id of row.counts) counts.add(id)
      for (const id of [...row.emailsUpdated, ...row.emailsHidden, ...row.emailsRevealed]) emails.add(id)
      for (const id of row.threadsOfDestroyed) threads.add(id)
    }
    if (emails.size + threads.size > maxTraced) return new Set(mailboxes.ids())
    const query = 'SELECT DISTINCT thread FROM email WHERE id IN (SELECT value FROM json_each(?))'
    for (const row of sql.exec<{ thread: number }>(query, JSON.stringify([...emails]))) threads.add(row.thread)
    for (const id of this.#mailboxesOfThreads(threads)) counts.add(id)
    return counts
  }

  #mailboxesOfThreads(threads: ReadonlySet<number>): Set<number> {
    const { mailboxes, views, journal } = this.#parts
    const wanted = new Bitmap(journal.state)
    for (const thread of threads) wanted.add(thread)
    const found = new Set<number>()
    for (const id of mailboxes.ids()) {
      const view = views.of(id)
      for (let row = 0; row < view.length; row++) {
        if (!wanted.has(view.threads[row] as number)) continue
        found.add(id)
        break
      }
    }
    return found
  }
}

function objectsOf(row: ChangeRow, type: RowType): readonly [readonly number[], readonly number[]] {
  if (type === 'Email') return [row.emailsUpdated, row.emailsDestroyed]
  if (type === 'Mailbox') return row.mailboxes
  return type === 'Identity' ? row.identities : row.submissions
}

function seen(found: Record<'created' | 'updated' | 'destroyed', ReadonlySet<number>>, id: number): boolean {
  return found.created.has(id) || found.updated.has(id) || found.destroyed.has(id)
}

function outcome(
  created: Iterable<number>,
  updated: Iterable<number>,
  destroyed: Iterable<number>,
  state: number,
  hasMoreChanges = false,
): Changes {
  return {
    created: [...created],
    updated: [...updated],
    destroyed: [...destroyed],
    newState: state as ModSeq,
    hasMoreChanges,
    onlyCounts: false,
  }
}

/** Types whose changes cannot be cut at a state in between: all or none. */
function atMost(max: number, changes: Changes): Changes | undefined {
  const { created, updated, destroyed } = changes
  return created.length + updated.length + destroyed.length > max ? undefined : changes
}
