/**
 * Finds the report in a message: aggregate reports of DMARC, TLS reports, reports of a single message that failed.
 *
 * Standards: RFC 9990 §3.5.2 (an attachment, gzip or plain), RFC 7489 §7.2.1.1 (so too, and zip is what many send),
 * RFC 8460 §5.3, RFC 9991.
 * Limits: ten attachments are looked at, and 4 MiB of what is in them: some seven thousand rows.
 * Security: fed by anyone. Never throws.
 */
import {
  allParts,
  attachedTlsReport,
  type AuthFailureReport,
  decodeBody,
  decodeUtf8,
  type DmarcReport,
  parseAuthFailure,
  parseMessage,
  parseTlsReport,
  type Part,
  type TlsReport,
} from '../format/index.ts'
import { parseDmarcReport } from './parse-dmarc-report.ts'
import { unpack } from './unpack.ts'

export type ReadReport =
  | { kind: 'dmarc'; report: DmarcReport }
  | { kind: 'tls'; report: TlsReport }
  | { kind: 'failure'; report: AuthFailureReport }

const mostAttachments = 10
const largestReport = 4 * 1024 * 1024

/** Undefined when there is none in it. */
export function readReport(raw: Uint8Array): ReadReport | undefined {
  const root = parseMessage(raw)
  const failure = parseAuthFailure(raw, root)
  if (failure !== undefined) return { kind: 'failure', report: failure }
  const attached = attachedTlsReport(raw, root)
  const candidates = attached === undefined ? filesOf(raw, root) : [attached.bytes]
  let left = largestReport
  for (const bytes of candidates) {
    const unpacked = unpack(bytes, left)
    left -= unpacked?.length ?? 0
    const report = unpacked === undefined ? undefined : reportIn(textOf(unpacked))
    if (report !== undefined) return report
  }
  return undefined
}

function* filesOf(raw: Uint8Array, root: Part): Generator<Uint8Array> {
  const files = allParts(root).filter((part) => part.children.length === 0 && isFile(part))
  for (const part of files.slice(0, mostAttachments)) yield decodeBody(raw, part)
}

function isFile({ type, subtype, disposition, parameters }: Part): boolean {
  const name = disposition?.parameters['filename'] ?? parameters['name'] ?? ''
  const known = /^(x-)?(gzip|gzip-compressed|zip|zip-compressed|octet-stream|xml|json)$|\+(gzip|json|xml)$/
  return (type === 'application' && known.test(subtype)) || subtype === 'xml' || /\.(xml|json|gz|zip)$/i.test(name)
}

function reportIn(text: string): ReadReport | undefined {
  if (text.trimStart().startsWith('{')) {
    const report = parseTlsReport(text)
    return report === undefined ? undefined : { kind: 'tls', report }
  }
  const report = parseDmarcReport(text)
  return report === undefined ? undefined : { kind: 'dmarc', report }
}

/** By the mark at its beginning, else by what the document says of itself; UTF-8 where that is no charset. */
function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes
  const declared = /^<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(decodeUtf8(bytes.subarray(0, 200)))
  const label =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : declared?.[1]
  try {
    return new TextDecoder(label ?? 'utf-8').decode(bytes)
  } catch {
    return decodeUtf8(bytes)
  }
}
