/**
 * Where a section of a stored message lies.
 *
 * Standards: RFC 9051 §6.4.5.1 (sections).
 */
import { decodeParts, partAt, type StoredPart } from '../../../format/index.ts'
import type { EmailId, EnvelopeColumn, EnvelopeRow, SessionMail } from '../../../mailbox/index.ts'
import type { Section } from '../../../protocol/imap/index.ts'
import { selectFields } from './header-fields.ts'

/** Octets of the message, or octets made from them. Undefined: there is no such section. */
export type Content = { start: number; end: number } | Uint8Array | undefined

/** The stored columns that `locate` needs. The whole message needs none. */
export function sectionColumns({ part, specifier }: Section): EnvelopeColumn[] {
  if (part.length > 0) return ['parts']
  return specifier === undefined ? [] : ['headerSize']
}

/** Synchronous, within the store's `reading`: header fields are read. `size`: of the message. */
export function locate(
  store: SessionMail,
  email: EmailId,
  size: number,
  { part, specifier, fields }: Section,
  columns: EnvelopeRow | undefined,
): Content {
  if (part.length === 0) {
    const headerSize = columns?.headerSize ?? 0
    if (specifier === undefined) return { start: 0, end: size }
    if (specifier === 'TEXT') return { start: headerSize, end: size }
    if (fields === undefined) return { start: 0, end: headerSize }
    return selectFields(store.slice(email, 0, headerSize), fields, specifier === 'HEADER.FIELDS.NOT')
  }
  const node = partOf(part, columns)
  if (node === undefined) return undefined
  if (specifier === undefined) return { start: node.bodyStart, end: node.bodyEnd }
  if (specifier === 'MIME') return { start: node.headerStart, end: node.bodyStart }
  // HEADER and TEXT of a part are those of the message it encloses (RFC 9051 §6.4.5.1).
  const message = node.message
  if (message === undefined) return undefined
  if (specifier === 'TEXT') return { start: message.bodyStart, end: message.bodyEnd }
  if (fields === undefined) return { start: message.headerStart, end: message.bodyStart }
  const header = store.slice(email, message.headerStart, message.bodyStart)
  return selectFields(header, fields, specifier === 'HEADER.FIELDS.NOT')
}

export function partOf(part: readonly number[], columns: EnvelopeRow | undefined): StoredPart | undefined {
  return partAt(decodeParts(columns?.parts ?? ''), part.join('.'))
}
