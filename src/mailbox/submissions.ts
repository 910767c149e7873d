/**
 * What was handed over for sending, and what became of it.
 *
 * Standards: RFC 8621 §7.
 */
import type { Sql, SqlRow } from '../storage/index.ts'
import type { Blobs } from './blobs.ts'
import { StoreError } from './errors.ts'
import type { BlobNumber, EmailId, IdentityId, SubmissionId, ThreadId } from './ids.ts'
import type { Journal } from './journal.ts'
import type { NewSubmission, Submission, SubmissionPatch } from './types.ts'

/** Characters of envelope or status: thousands of recipients, still below the 2 MB of a row in any script. */
const maxSize = 500_000

/** Reports kept by name for one submission: a forger cannot make the row grow. */
const maxReports = 50

export class Submissions {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #blobs: Pick<Blobs, 'share' | 'release'>

  constructor(sql: Sql, journal: Journal, blobs: Pick<Blobs, 'share' | 'release'>) {
    this.#sql = sql
    this.#journal = journal
    this.#blobs = blobs
  }

  all(): readonly Submission[] {
    return Array.from(this.#sql.exec('SELECT * FROM submission ORDER BY id'), submissionFromRow)
  }

  get(id: SubmissionId): Submission | undefined {
    return this.#sql.exec('SELECT * FROM submission WHERE id = ?', id).toArray().map(submissionFromRow)[0]
  }

  /** From the newest back: what is asked for was mostly sent a moment ago. */
  byTag(tag: string): Submission | undefined {
    return this.#sql
      .exec('SELECT * FROM submission WHERE tag = ? ORDER BY id DESC LIMIT 1', tag)
      .toArray()
      .map(submissionFromRow)[0]
  }

  /** The latest that an email with this Message-ID was sent by. A walk over all, for the rare report. */
  byMessageId(messageId: string): Submission | undefined {
    const query = `SELECT submission.* FROM submission CROSS JOIN email ON email.id = submission.email
      WHERE email.message_id = ? ORDER BY submission.id DESC LIMIT 1`
    return this.#sql.exec(query, messageId).toArray().map(submissionFromRow)[0]
  }

  /** Pending ones whose time has come, in the order of their times. */
  due(now: number): readonly Submission[] {
    const query = `SELECT * FROM submission WHERE undo_status = 'pending' AND next_attempt <= ? ORDER BY next_attempt, id`
    return Array.from(this.#sql.exec(query, now), submissionFromRow)
  }

  /** When the next pending one is due. */
  nextDue(): number | undefined {
    const query = `SELECT min(next_attempt) AS next FROM submission WHERE undo_status = 'pending'`
    return this.#sql.exec<{ next: number | null }>(query).one().next ?? undefined
  }

  create(wanted: NewSubmission): Submission {
    const { tag = null, hold = null, ...rest } = wanted
    const envelope = json(wanted.envelope)
    const deliveryStatus = json(wanted.deliveryStatus)
    const id = this.#journal.take() as SubmissionId
    const nextAttempt = wanted.undoStatus === 'pending' ? wanted.sendAt : null
    this.#sql.exec(
      `INSERT INTO submission (id, identity, email, thread, send_at, undo_status, envelope, delivery_status, tag,
         held_blob, next_attempt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      wanted.identityId,
      wanted.emailId,
      wanted.threadId,
      wanted.sendAt,
      wanted.undoStatus,
      envelope,
      deliveryStatus,
      tag,
      hold,
      nextAttempt,
    )
    if (hold !== null) this.#blobs.share(hold)
    this.#journal.record.submissions.create(id)
    return { ...rest, id, tag, heldBlob: hold, nextAttempt, attempts: 0, dsnBlobIds: [], mdnBlobIds: [] }
  }

  update(id: SubmissionId, patch: SubmissionPatch): Submission {
    const before = this.#expect(id)
    const merged = { ...before, ...patch }
    const ended = merged.undoStatus !== 'pending'
    const next = { ...merged, ...(ended ? { heldBlob: null, nextAttempt: null } : {}) }
    const deliveryStatus = json(next.deliveryStatus)
    this.#journal.touch()
    this.#sql.exec(
      `UPDATE submission SET send_at = ?, undo_status = ?, delivery_status = ?, held_blob = ?, next_attempt = ?,
         attempts = ?, dsn_blobs = ?, mdn_blobs = ? WHERE id = ?`,
      next.sendAt,
      next.undoStatus,
      deliveryStatus,
      next.heldBlob,
      next.nextAttempt,
      next.attempts,
      reports(next.dsnBlobIds),
      reports(next.mdnBlobIds),
      id,
    )
    if (before.heldBlob !== null && next.heldBlob === null) this.#blobs.release([before.heldBlob])
    this.#journal.record.submissions.update(id)
    return next
  }

  destroy(id: SubmissionId): void {
    const { heldBlob } = this.#expect(id)
    this.#journal.touch()
    if (heldBlob !== null) this.#blobs.release([heldBlob])
    this.#sql.exec('DELETE FROM submission WHERE id = ?', id)
    this.#journal.record.submissions.destroy(id)
  }

  #expect(id: SubmissionId): Submission {
    const submission = this.get(id)
    if (submission === undefined) throw new StoreError('notFound', 'no such submission')
    return submission
  }
}

function json(value: unknown): string {
  const text = JSON.stringify(value ?? null)
  if (text.length > maxSize) throw new StoreError('tooLarge', 'the submission is too large')
  return text
}

function reports(blobIds: readonly string[]): string | null {
  return blobIds.length === 0 ? null : JSON.stringify(blobIds.slice(-maxReports))
}

function submissionFromRow(row: SqlRow): Submission {
  return {
    id: row.id as SubmissionId,
    identityId: row.identity as IdentityId,
    emailId: row.email as EmailId,
    threadId: row.thread as ThreadId,
    sendAt: row.send_at as number,
    undoStatus: row.undo_status as Submission['undoStatus'],
    envelope: JSON.parse(row.envelope as string),
    deliveryStatus: JSON.parse(row.delivery_status as string),
    tag: row.tag as string | null,
    heldBlob: row.held_blob as BlobNumber | null,
    nextAttempt: row.next_attempt as number | null,
    attempts: row.attempts as number,
    dsnBlobIds: JSON.parse((row.dsn_blobs as string | null) ?? '[]'),
    mdnBlobIds: JSON.parse((row.mdn_blobs as string | null) ?? '[]'),
  }
}
