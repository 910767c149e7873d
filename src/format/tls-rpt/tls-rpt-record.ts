/**
 * The TXT record at `_smtp._tls.<domain>`: where reports about TLS with that domain's mail servers go.
 *
 * Standards: RFC 8460 §3.
 * Limits: ten destinations. Security: any zone writes this; addresses come out as they are to be used, checked by shape.
 */
import { mailtoAddress } from '../address/mailto.ts'

export type ReportDestination = { kind: 'mail'; address: string } | { kind: 'https'; url: string }

const mostDestinations = 10
const longest = 4096

/** Empty when the domain wants no reports: no record, a malformed one, or several that begin with `v=TLSRPTv1`. */
export function tlsReportDestinations(records: readonly string[]): ReportDestination[] {
  const found = records.filter((text) => /^v=TLSRPTv1[ \t]*;/.test(text))
  const [text] = found
  if (found.length !== 1 || text === undefined || text.length > longest) return []
  const rua = text
    .split(';')
    .map((field) => field.trim())
    .find((field) => field.startsWith('rua='))
  if (rua === undefined) return []
  return rua
    .slice(4)
    .split(',', mostDestinations)
    .flatMap((uri) => destination(uri.trim()) ?? [])
}

/** The record that asks for reports to an address of ours. */
export function tlsReportRecord(address: string): string {
  return `v=TLSRPTv1; rua=mailto:${encodeURI(address).replaceAll(/[,;!?]/g, encodeURIComponent)};`
}

function destination(uri: string): ReportDestination | undefined {
  if (!/^[!-~]+$/.test(uri) || !URL.canParse(uri)) return undefined
  const url = new URL(uri)
  if (url.protocol === 'https:') return { kind: 'https', url: url.href }
  const address = mailtoAddress(uri)
  return address === undefined ? undefined : { kind: 'mail', address }
}
