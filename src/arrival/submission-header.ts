/**
 * Completes the header of a message that a user hands in.
 *
 * Standards: RFC 6409 §8.1 (Sender: left alone), §8.2 (Date), §8.3 (Message-ID), RFC 5322 §3.6.
 */
import { formatDate, type Header } from '../format/index.ts'

/** Whole fields to put on top; none for a complete header. */
export function missingFields(header: Header, now: number, messageId: string): string[] {
  const fields: string[] = []
  if (!header.has('Message-ID')) fields.push(`Message-ID: <${messageId}>\r\n`)
  if (!header.has('Date')) fields.push(`Date: ${formatDate(now)}\r\n`)
  return fields
}
