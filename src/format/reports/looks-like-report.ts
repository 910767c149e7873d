/**
 * Whether a message may hold a report for the operator: of DMARC, or about TLS.
 *
 * Standards: RFC 9990 §3.5.1 and RFC 8460 §5.3 (subject), RFC 8460 §5.3 (media type).
 */
import type { Header } from '../message/header.ts'

/** By the words that senders of reports put into the header: a look into the body costs more. */
export function looksLikeReport(header: Header): boolean {
  const type = header.first('Content-Type') ?? ''
  return /report domain:/i.test(header.first('Subject') ?? '') || /report-type\s*=\s*"?tlsrpt/i.test(type)
}
