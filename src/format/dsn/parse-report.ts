/**
 * Reads a delivery status notification, ours or another's.
 *
 * Standards: RFC 3464 §2, RFC 6522, RFC 6533.
 * Limits: recipients, and the size of the status part.
 * Security: fed by anyone, and anyone can forge a report: what it says is a claim. Never throws.
 */
import { decodeBody } from '../message/body.ts'
import { parseDate } from '../message/date.ts'
import { parseHeader } from '../message/header.ts'
import type { Header } from '../message/header.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { parseMessage } from '../message/parse.ts'
import { allParts } from '../message/part.ts'
import type { Part } from '../message/part.ts'
import { decodeHeaderText } from '../text/encoded-word.ts'
import type { ParsedReport, ReportAction } from './report.ts'
import { untyped } from './typed-address.ts'

const RECIPIENT_LIMIT = 1000
const STATUS_LIMIT = 1024 * 1024

/** Undefined when the message holds no delivery status. */
export function parseReport(raw: Uint8Array, root: Part = parseMessage(raw)): ParsedReport | undefined {
  const status = statusOf(root)
  if (!status) return undefined
  const [message, ...recipients] = statusBlocks(decodeBody(raw, status))
  if (!message) return undefined
  const parsed: ParsedReport = { recipients: recipients.flatMap((block) => readRecipient(block) ?? []) }
  const reportingMta = message.first('reporting-mta')
  if (reportingMta) parsed.reportingMta = text(reportingMta)
  const envelopeId = message.first('original-envelope-id')
  if (envelopeId) parsed.envelopeId = decodeHeaderText(envelopeId)
  const arrival = parseDate(message.first('arrival-date') ?? '')
  if (arrival) parsed.arrivalDate = arrival.time
  readOriginal(raw, root, status, parsed)
  // Reports that return nothing of the message may still answer it.
  const answered = parsed.originalMessageId ?? parseMessageIds(root.header.last('in-reply-to') ?? '')[0]
  if (answered !== undefined) parsed.originalMessageId = answered
  return parsed
}

function statusOf(root: Part): Part | undefined {
  if (root.type !== 'multipart') return undefined
  if (root.subtype === 'report') return root.children.find(isStatus)
  // QUIRK: OpenSMTPD (7.6) calls its reports multipart/mixed. The status stands where RFC 6522 §3 puts it.
  const second = root.subtype === 'mixed' ? root.children[1] : undefined
  return second !== undefined && isStatus(second) ? second : undefined
}

function isStatus(part: Part): boolean {
  return part.type === 'message' && (part.subtype === 'delivery-status' || part.subtype === 'global-delivery-status')
}

/** Blocks of fields, parted by empty lines; the first is about the message. */
function statusBlocks(octets: Uint8Array): Header[] {
  const body = octets.subarray(0, STATUS_LIMIT)
  const blocks: Header[] = []
  let pos = 0
  while (pos < body.length && blocks.length <= RECIPIENT_LIMIT) {
    const { header, bodyStart } = parseHeader(body, pos)
    if (header.fields.length > 0) blocks.push(header)
    pos = bodyStart
  }
  return blocks
}

const ACTIONS = new Set<string>(['failed', 'delayed', 'delivered', 'relayed', 'expanded'])

function readRecipient(block: Header): ParsedReport['recipients'][number] | undefined {
  const action = (block.first('action') ?? '').replace(/\s*\(.*$/s, '').toLowerCase()
  if (!ACTIONS.has(action)) return undefined
  const recipient: ParsedReport['recipients'][number] = { action: action as ReportAction }
  const set = (key: 'finalRecipient' | 'originalRecipient' | 'remoteMta' | 'diagnostic', field: string): void => {
    const value = block.first(field)
    if (value) recipient[key] = text(value)
  }
  set('finalRecipient', 'final-recipient')
  set('originalRecipient', 'original-recipient')
  set('remoteMta', 'remote-mta')
  set('diagnostic', 'diagnostic-code')
  // One line, though it was folded deeply.
  if (recipient.diagnostic !== undefined) recipient.diagnostic = recipient.diagnostic.replace(/\s+/g, ' ')
  const status = /^([245]\.\d{1,3}\.\d{1,3})\b/.exec(block.first('status') ?? '')?.[1]
  if (status) recipient.status = status
  const lastAttempt = parseDate(block.first('last-attempt-date') ?? '')
  if (lastAttempt) recipient.lastAttempt = lastAttempt.time
  const until = parseDate(block.first('will-retry-until') ?? '')
  if (until) recipient.willRetryUntil = until.time
  return recipient
}

function text(value: string): string {
  return untyped(decodeHeaderText(value))
}

const HEADER_TYPES = new Set(['text/rfc822-headers', 'message/rfc822-headers', 'message/global-headers'])

function readOriginal(raw: Uint8Array, report: Part, status: Part, parsed: ParsedReport): void {
  for (const part of allParts(report)) {
    if (part === status) continue
    const headersOnly = HEADER_TYPES.has(`${part.type}/${part.subtype}`)
    if (!headersOnly && !part.message) continue
    const header = part.message ? part.message.header : parseHeader(decodeBody(raw, part)).header
    parsed.original = { start: part.bodyStart, end: part.bodyEnd, headersOnly }
    const id = parseMessageIds(header.last('message-id') ?? '')[0]
    if (id !== undefined) parsed.originalMessageId = id
    parsed.originalReceived = header.all('received')
    return
  }
}
