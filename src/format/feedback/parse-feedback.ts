/**
 * Reads a feedback report: a mailbox provider passes on that somebody called our mail spam.
 *
 * Standards: RFC 5965 (ARF), RFC 6522.
 * Limits: addresses. Security: fed by anyone: what it says is a claim. Never throws.
 */
import { flattenAddresses, parseAddressList } from '../address/list.ts'
import { decodeBody } from '../message/body.ts'
import { type Header, parseHeader } from '../message/header.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { parseMessage } from '../message/parse.ts'
import { allParts, type Part } from '../message/part.ts'

export interface FeedbackReport {
  /** `abuse`, `fraud`, `not-spam`, `virus`, `other` … in lower case. */
  type: string
  /** Envelope sender of the message, as far as the report tells. */
  originalSender?: string
  /** Who got the message, as far as the report or the message tell. */
  recipients: string[]
  /** Author and Message-ID of the message that is enclosed. */
  originalAuthor?: string
  originalMessageId?: string
  /** Its Received fields, the newest first. */
  originalReceived?: string[]
}

const mostRecipients = 100

/** Undefined when the message is no feedback report, or has none of the three parts that make one (RFC 5965 §2). */
export function parseFeedback(raw: Uint8Array, known?: Part): FeedbackReport | undefined {
  if (known === undefined && !mayBeReport(raw)) return undefined
  const root = known ?? parseMessage(raw)
  if (root.type !== 'multipart' || root.subtype !== 'report') return undefined
  const machine = root.children.find(({ type, subtype }) => type === 'message' && subtype === 'feedback-report')
  if (machine === undefined) return undefined
  const facts = parseHeader(decodeBody(raw, machine)).header
  const type = facts.first('feedback-type')?.trim().toLowerCase()
  if (type === undefined || type === '') return undefined
  const original = originalHeader(raw, root, machine)
  const report: FeedbackReport = { type, recipients: recipientsOf(facts, original) }
  const sender = facts.first('original-mail-from')?.trim().replace(/^<|>$/g, '')
  if (sender !== undefined && sender !== '') report.originalSender = sender
  const author = addressesOf(original?.first('from'))[0]
  if (author !== undefined) report.originalAuthor = author
  const id = parseMessageIds(original?.last('message-id') ?? '')[0]
  if (id !== undefined) report.originalMessageId = id
  if (original !== undefined) report.originalReceived = original.all('received')
  return report
}

/** Hardly a message is one, and all that come are asked: so it is not taken apart for that. */
function mayBeReport(raw: Uint8Array): boolean {
  return parseHeader(raw)
    .header.all('content-type')
    .some((value) => /report/i.test(value))
}

/** Of the enclosed message, or of its header alone (text/rfc822-headers). */
export function originalHeader(raw: Uint8Array, root: Part, machine: Part): Header | undefined {
  for (const part of allParts(root)) {
    if (part === machine) continue
    if (part.message !== undefined) return part.message.header
    if (part.type === 'text' && part.subtype === 'rfc822-headers') return parseHeader(decodeBody(raw, part)).header
  }
  return undefined
}

/** What the report says (RFC 5965 §3.2), else whom the message names. */
function recipientsOf(facts: Header, original: Header | undefined): string[] {
  const told = facts.all('original-rcpt-to').map((value) => value.trim().replace(/^<|>$/g, ''))
  const found = told.length > 0 ? told : [...addressesOf(original?.first('to')), ...addressesOf(original?.first('cc'))]
  return [...new Set(found.filter((address) => address.includes('@')))].slice(0, mostRecipients)
}

function addressesOf(value: string | undefined): string[] {
  return flattenAddresses(parseAddressList(value ?? '')).map(({ address }) => address)
}
