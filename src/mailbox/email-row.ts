/**
 * Email rows: which columns there are, how they are written and read.
 *
 * A message whose description is too long for a row (thousands of recipients or parts) leaves the long columns NULL;
 * they are made again from the message when read.
 */
import { type MessageSummary, summarise } from '../format/index.ts'
import type { Sql, SqlRow } from '../storage/index.ts'
import type { BlobNumber, EmailId, ThreadId } from './ids.ts'
import { formatPlaces, parsePlaces } from './places.ts'
import type { Email } from './types.ts'

/** Characters of description in one row; UTF-8 at most triples them, far below 2 MB. */
const maxDescription = 300_000

export type Description = Pick<
  MessageSummary,
  'messageId' | 'subject' | 'baseSubject' | 'preview' | 'envelope' | 'bodyStructure' | 'parts'
>

/** What has a description: a summary or an email. */
type Described = Omit<Description, 'messageId'> & { readonly messageId?: string | undefined }

const insert = `
  INSERT INTO email (id, places, thread, blob, size, received, sent, zone, attachment, header_size, message_id, subject,
    base_subject, preview, envelope, body_structure, parts, crlf_size, surrogate_size)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

/** Whether the description goes into the row. Otherwise the message must be inline, since it is described when read. */
export function fitsOneRow(text: Described): boolean {
  return textOf(text).reduce((sum, value) => sum + (value?.length ?? 0), 0) <= maxDescription
}

function textOf(email: Described): readonly (string | null)[] {
  const { messageId, subject, baseSubject, preview, envelope, bodyStructure, parts } = email
  return [messageId ?? null, subject, baseSubject, preview, envelope, bodyStructure, parts]
}

export function insertEmail(sql: Sql, email: Email): void {
  const text = textOf(email)
  sql.exec(
    insert,
    email.id,
    formatPlaces(email.places),
    email.threadId,
    email.blob,
    email.size,
    email.receivedAt,
    email.sentAt ?? null,
    email.sentZone,
    email.hasAttachment ? 1 : 0,
    email.headerSize,
    ...(fitsOneRow(email) ? text : text.map(() => null)),
    email.crlfSize ?? null,
    email.surrogateSize ?? null,
  )
}

/** A row of `email` as an object. `read` gives the message when the row lacks its description. */
export function emailFromRow(row: SqlRow, read: (blob: BlobNumber) => Uint8Array): Email {
  const blob = row.blob as BlobNumber
  return {
    id: row.id as EmailId,
    threadId: row.thread as ThreadId,
    blob,
    size: row.size as number,
    crlfSize: (row.crlf_size as number | null) ?? undefined,
    surrogateSize: (row.surrogate_size as number | null) ?? undefined,
    receivedAt: row.received as number,
    sentAt: (row.sent as number | null) ?? undefined,
    sentZone: row.zone as number,
    places: parsePlaces(row.places as string),
    hasAttachment: row.attachment === 1,
    headerSize: row.header_size as number,
    ...describe(row, blob, read),
  }
}

function describe(row: SqlRow, blob: BlobNumber, read: (blob: BlobNumber) => Uint8Array) {
  if (row.envelope === null) {
    const { messageId, subject, baseSubject, preview, envelope, bodyStructure, parts } = summarise(read(blob))
    return { messageId, subject, baseSubject, preview, envelope, bodyStructure, parts }
  }
  return {
    messageId: (row.message_id as string | null) ?? undefined,
    subject: row.subject as string,
    baseSubject: row.base_subject as string,
    preview: row.preview as string,
    envelope: row.envelope as string,
    bodyStructure: row.body_structure as string,
    parts: row.parts as string,
  }
}
