/**
 * Who sent a report, by what was written on the message when it arrived.
 *
 * Standards: RFC 8601 §5, RFC 9990 §3.5.2 (reports are mail that passes DMARC).
 * Security: fields in our name that strangers wrote were taken out on arrival, and ours stand above Received.
 */
import {
  flattenAddresses,
  type Header,
  parseAddressList,
  parseAuthenticationResults,
  splitAddress,
} from '../format/index.ts'

export interface ReportSender {
  /** Domain of its author; '' when there is none. */
  sender: string
  /** DMARC passed for that domain: the report is that domain's. */
  proven: boolean
}

export function reportSender(header: Header, authservId: string): ReportSender {
  const [author] = flattenAddresses(parseAddressList(header.first('From') ?? ''))
  const sender = splitAddress(author?.address ?? '')?.domain ?? ''
  return { sender, proven: sender !== '' && passed(header, authservId, sender) }
}

function passed(header: Header, authservId: string, sender: string): boolean {
  for (const { name, value } of header.fields) {
    const lower = name.toLowerCase()
    if (lower === 'received') break
    const field = lower === 'authentication-results' ? parseAuthenticationResults(value) : undefined
    if (field?.authservId.toLowerCase() !== authservId.toLowerCase()) continue
    const dmarc = field.results.find(({ method }) => method === 'dmarc')
    const author = dmarc?.properties.find((property) => property.type === 'header' && property.name === 'from')
    return dmarc?.result === 'pass' && author?.value === sender
  }
  return false
}
