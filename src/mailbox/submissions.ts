/**
 * What was handed over for sending, and what became of it.
 *
 * Standards: RFC 8621 §7.
 */
import type { Sql, SqlRow } from '../storage/index.ts'
import { StoreError } from './errors.ts'
import type { EmailId, IdentityId, SubmissionId, ThreadId } from './ids.ts'
import type { Journal } from './journal.ts'
import type { NewSubmission, Submission, SubmissionPatch } from './types.ts'

/** Characters of envelope or status: thousands of recipients, still below the 2 MB of a row in any script. */
const maxSize = 500_000

export class Submissions {
  readonly #sql: Sql
  readonly #journal: Journal

  constructor(sql: Sql, journal: Journal) {
    this.#sql = sql
    this.#journal = journal
  }

  all(): readonly Submission[] {
    return Array.from(this.#sql.exec('SELECT * FROM submission ORDER BY id'), submissionFromRow)
  }

  get(id: SubmissionId): Submission | undefined {
    return this.#sql.exec('SELECT * FROM submission WHERE id = ?', id).toArray().map(submissionFromRow)[0]
  }

  create(wanted: NewSubmission): Submission {
    const envelope = json(wanted.envelope)
    const deliveryStatus = json(wanted.deliveryStatus)
    const id = this.#journal.take() as SubmissionId
    this.#sql.exec(
      `INSERT INTO submission (id, identity, email, thread, send_at, undo_status, envelope, delivery_status)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      wanted.identityId,
      wanted.emailId,
      wanted.threadId,
      wanted.sendAt,
      wanted.undoStatus,
      envelope,
      deliveryStatus,
    )
    this.#journal.record.submissions.create(id)
    return { ...wanted, id }
  }

  update(id: SubmissionId, patch: SubmissionPatch): Submission {
    const next = { ...this.#expect(id), ...patch }
    const deliveryStatus = json(next.deliveryStatus)
    this.#journal.touch()
    this.#sql.exec(
      'UPDATE submission SET send_at = ?, undo_status = ?, delivery_status = ? WHERE id = ?',
      next.sendAt,
      next.undoStatus,
      deliveryStatus,
      id,
    )
    this.#journal.record.submissions.update(id)
    return next
  }

  destroy(id: SubmissionId): void {
    this.#expect(id)
    this.#journal.touch()
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
  }
}
