/**
 * Whether a message may hold a report for the operator: of DMARC, about TLS, or of a single message that failed.
 *
 * Standards: RFC 9990 §3.5.2 and RFC 8460 §5.3 (subject), RFC 8460 §5.3 and RFC 9991 (media type).
 */
import type { Header } from '../message/header.ts'

/** By the words that senders of reports put into the header: a look into the body costs more. */
export function looksLikeReport(header: Header): boolean {
  const type = header.first('Content-Type') ?? ''
  const isTyped = /report-type\s*=\s*"?(tlsrpt|feedback-report)/i.test(type)
  return isTyped || /report domain:/i.test(header.first('Subject') ?? '')
}
