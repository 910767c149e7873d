/**
 * Reads emails: rows by id, keywords, streams of columns for IMAP, bytes by blob id.
 */
import { allParts, decodeBody, decodeParts, summarise } from '../format/index.ts'
import type { Sql, SqlValue } from '../storage/index.ts'
import type { Blobs } from './blobs.ts'
import { emailFromRow } from './email-row.ts'
import type { BlobNumber, BlobRef, EmailId, MailboxId } from './ids.ts'
import type { KeywordSet, KeywordTable } from './keyword-table.ts'
import type { Blob, BlobExtent, Email, EnvelopeColumn, EnvelopeRow, Place } from './types.ts'
import type { Views } from './views.ts'

/** Rows read at once by `envelopes`: about half a megabyte. */
const rowsPerPage = 256

const columnNames: Record<EnvelopeColumn, string> = {
  envelope: 'envelope',
  bodyStructure: 'body_structure',
  parts: 'parts',
  headerSize: 'header_size',
  size: 'size',
  receivedAt: 'received',
  preview: 'preview',
  subject: 'subject',
  sentAt: 'sent',
  savedAt: 'saved',
}

/** Columns that are NULL when a message's description did not fit its row. */
const described = new Set<EnvelopeColumn>(['envelope', 'bodyStructure', 'parts', 'preview', 'subject'])

export class EmailReader {
  readonly #sql: Sql
  readonly #views: Views
  readonly #blobs: Blobs
  readonly #keywords: KeywordTable

  constructor(sql: Sql, views: Views, blobs: Blobs, keywords: KeywordTable) {
    this.#sql = sql
    this.#views = views
    this.#blobs = blobs
    this.#keywords = keywords
  }

  emails(ids: readonly EmailId[]): Email[] {
    if (ids.length === 0) return []
    const single = ids.length === 1
    const rows = single
      ? this.#sql.exec('SELECT * FROM email WHERE id = ?', ids[0] as number)
      : this.#sql.exec('SELECT * FROM email WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(ids))
    const found = new Map<number, Email>()
    const read = (blob: BlobNumber) => this.#read(blob)
    for (const row of rows) found.set(row.id as number, emailFromRow(row, read))
    return ids.map((id) => found.get(id)).filter((email) => email !== undefined)
  }

  /** Those of these emails whose octets are all in one row, in one statement: for small messages. */
  inlineMessages(ids: readonly EmailId[]): ReadonlyMap<EmailId, Uint8Array> {
    // Put together by SQLite, which takes a third of the time that two arrays and a third one do.
    const single = ids.length === 1
    const query = `SELECT e.id, CAST(b.head || b.data AS BLOB) AS octets
      FROM ${single ? 'email AS e' : 'json_each(?) AS j CROSS JOIN email AS e ON e.id = j.value'}
      CROSS JOIN blob AS b ON b.id = e.blob
      WHERE length(b.head) + length(b.data) = b.size ${single ? 'AND e.id = ?' : ''}`
    const wanted = single ? (ids[0] as number) : JSON.stringify(ids)
    const rows = this.#sql.exec<{ id: EmailId; octets: ArrayBuffer }>(query, wanted)
    return new Map(Array.from(rows, ({ id, octets }) => [id, new Uint8Array(octets)]))
  }

  blobOf(id: EmailId): BlobNumber | undefined {
    return this.#sql.exec<{ blob: BlobNumber }>('SELECT blob FROM email WHERE id = ?', id).toArray()[0]?.blob
  }

  keywordsOf(email: Email): readonly string[] {
    const { bits, extra } = this.keywordSet(email.places[0] as Place)
    return this.#keywords.names(bits, extra)
  }

  /** Flags at a place: from the view when it is loaded, else from its row. */
  keywordSet(place: Place): KeywordSet {
    const view = this.#views.loaded(place.mailboxId)
    const row = view?.indexOf(place.uid) ?? -1
    if (view !== undefined && row >= 0) return { bits: view.flags[row] as number, extra: view.extraAt(row) }
    const query = 'SELECT flags, keywords FROM placement WHERE mailbox = ? AND uid = ?'
    const found = this.#sql
      .exec<{ flags: number; keywords: string | null }>(query, place.mailboxId, place.uid)
      .toArray()[0]
    if (found === undefined) return { bits: 0, extra: [] }
    return { bits: found.flags, extra: found.keywords === null ? [] : (JSON.parse(found.keywords) as string[]) }
  }

  /** What sorting needs of email rows, in any order. */
  sortFacts(ids: readonly EmailId[]): Pick<Email, 'id' | 'envelope' | 'baseSubject' | 'sentAt' | 'receivedAt'>[] {
    const query = `SELECT id, sent, received, base_subject, envelope FROM email
      WHERE id IN (SELECT value FROM json_each(?))`
    const rows = this.#sql.exec(query, JSON.stringify(ids)).toArray()
    return rows.map((row) => {
      const id = row.id as EmailId
      if (row.envelope === null) return this.emails([id])[0] as Email
      return {
        id,
        envelope: row.envelope as string,
        baseSubject: row.base_subject as string,
        sentAt: (row.sent as number | null) ?? undefined,
        receivedAt: row.received as number,
      }
    })
  }

  *envelopes(
    mailbox: MailboxId,
    uids: readonly number[] | { readonly from: number; readonly to: number },
    columns: readonly EnvelopeColumn[],
  ): Generator<EnvelopeRow> {
    const selected = ['p.uid', 'p.email', ...columns.map(selectColumn)]
    const select = `SELECT ${selected.join(', ')} FROM placement p JOIN email e ON e.id = p.email WHERE p.mailbox = ?`
    if (isList(uids)) {
      const page = `${select} AND p.uid IN (SELECT value FROM json_each(?)) ORDER BY p.uid`
      for (let from = 0; from < uids.length; from += rowsPerPage) {
        const list = JSON.stringify(uids.slice(from, from + rowsPerPage))
        const rows = [...this.#sql.exec(page, mailbox, list).raw()]
        for (const row of rows) yield this.#envelopeRow(row, columns)
      }
      return
    }
    const page = `${select} AND p.uid BETWEEN ? AND ? ORDER BY p.uid LIMIT ${rowsPerPage}`
    for (let from = uids.from; ;) {
      const rows = [...this.#sql.exec(page, mailbox, from, uids.to).raw()]
      for (const row of rows) yield this.#envelopeRow(row, columns)
      if (rows.length < rowsPerPage) return
      from = (rows.at(-1)?.[0] as number) + 1
    }
  }

  blob(ref: BlobRef): Blob | undefined {
    if (ref.kind === 'upload') return this.#blobs.upload(ref.blob)
    if (ref.kind === 'message') return this.#blobs.message(ref.blob)
    const email = this.emails([ref.email])[0]
    const part = email === undefined ? undefined : allParts(decodeParts(email.parts))[ref.part]
    if (email === undefined || part === undefined) return undefined
    const encoded = this.#blobs.slice(email.blob, part.bodyStart, part.bodyEnd) ?? new Uint8Array()
    const bytes = decodeBody(encoded, { ...part, bodyStart: 0, bodyEnd: encoded.length })
    return { bytes, type: `${part.type}/${part.subtype}`, size: bytes.length }
  }

  /** Where the octets of a blob lie; undefined when there are none, or only with a transfer encoding. Reads none of them. */
  extent(ref: BlobRef): BlobExtent | undefined {
    if (ref.kind === 'upload') return this.#blobs.uploadExtent(ref.blob)
    if (ref.kind === 'message') return this.#blobs.messageExtent(ref.blob)
    const email = this.emails([ref.email])[0]
    const part = email === undefined ? undefined : allParts(decodeParts(email.parts))[ref.part]
    if (email === undefined || part === undefined || isEncoded(part.encoding)) return undefined
    return { blob: email.blob, start: part.bodyStart, end: part.bodyEnd, type: `${part.type}/${part.subtype}` }
  }

  /** Every field is there from the start: adding them one by one takes longer than the rest of a row. */
  #envelopeRow(cells: readonly SqlValue[], columns: readonly EnvelopeColumn[]): EnvelopeRow {
    const row: Record<keyof EnvelopeRow, unknown> = {
      uid: cells[0],
      emailId: cells[1],
      envelope: undefined,
      bodyStructure: undefined,
      parts: undefined,
      headerSize: undefined,
      size: undefined,
      receivedAt: undefined,
      preview: undefined,
      savedAt: undefined,
      subject: undefined,
      sentAt: undefined,
    }
    for (let index = 0; index < columns.length; index++) {
      const name = columns[index] as EnvelopeColumn
      const cell = cells[index + 2]
      row[name] = cell === null && described.has(name) ? this.#describe(cells[1] as EmailId, name) : cell
    }
    return row as EnvelopeRow
  }

  /** Undefined when the email is gone since its row was read. */
  #describe(id: EmailId, name: EnvelopeColumn): unknown {
    const blob = this.blobOf(id)
    return blob === undefined ? undefined : summarise(this.#read(blob))[name as 'envelope']
  }

  #read(blob: BlobNumber): Uint8Array {
    const bytes = this.#blobs.read(blob)
    if (bytes === undefined) throw new Error(`blob ${blob} of an email is missing`)
    return bytes
  }
}

/** All are of the email but one, which is of its place in the mailbox. */
function selectColumn(name: EnvelopeColumn): string {
  return name === 'savedAt' ? 'ifnull(p.saved, p.received) AS saved' : `e.${columnNames[name]}`
}

/** Whether `decodeBody` would change octets. */
function isEncoded(encoding: string): boolean {
  return /^(?:base64|quoted-printable)$/i.test(encoding)
}

function isList(uids: readonly number[] | { readonly from: number; readonly to: number }): uids is readonly number[] {
  return Array.isArray(uids)
}
