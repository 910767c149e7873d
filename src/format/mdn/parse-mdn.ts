/**
 * Reads a message disposition notification.
 *
 * Standards: RFC 8098 §3, RFC 6522.
 * Security: fed by anyone, and anyone can forge one: what it says is a claim. Never throws.
 */
import { decodeBody } from '../message/body.ts'
import { type Header, parseHeader } from '../message/header.ts'
import { parseMessage } from '../message/parse.ts'
import type { Part } from '../message/part.ts'
import { decodeText } from '../text/body-text.ts'
import { decodeHeaderText } from '../text/encoded-word.ts'
import { actionModes, dispositionTypes, type MessageDisposition, type ParsedMdn, sendingModes } from './mdn.ts'

const known = new Set(
  [
    'Reporting-UA',
    'MDN-Gateway',
    'Original-Recipient',
    'Final-Recipient',
    'Original-Message-ID',
    'Disposition',
    'Error',
  ].map((name) => name.toLowerCase()),
)
const maxExtensions = 50

/** Undefined when the message is no notification. */
export function parseMdn(raw: Uint8Array, root: Part = parseMessage(raw)): ParsedMdn | undefined {
  if (root.type !== 'multipart' || root.subtype !== 'report') return undefined
  const status = root.children.find(({ type, subtype }) => type === 'message' && isNotification(subtype))
  if (status === undefined) return undefined
  const { header } = parseHeader(decodeBody(raw, status))
  const disposition = readDisposition(header.first('Disposition') ?? '')
  if (disposition === undefined) return undefined
  const text = root.children.find(({ type }) => type === 'text')
  const parsed: ParsedMdn = {
    subject: decodeHeaderText(root.header.last('Subject') ?? ''),
    text: text === undefined ? '' : decodeText(raw, text).text,
    hasOriginal: root.children.some(({ message }) => message !== undefined),
    disposition,
    ...optional('reportingUa', header.first('Reporting-UA')),
    ...optional('gateway', header.first('MDN-Gateway')),
    ...optional('originalRecipient', header.first('Original-Recipient')),
    ...optional('finalRecipient', header.first('Final-Recipient')),
    ...optional('originalMessageId', header.first('Original-Message-ID')),
  }
  const errors = header.all('Error').map((value) => decodeHeaderText(value).trim())
  if (errors.length > 0) parsed.error = errors
  const extension = extensions(header)
  if (Object.keys(extension).length > 0) parsed.extension = extension
  return parsed
}

function isNotification(subtype: string): boolean {
  return subtype === 'disposition-notification' || subtype === 'global-disposition-notification'
}

function optional<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: string } {
  const text = value === undefined ? '' : decodeHeaderText(value).trim()
  return (text === '' ? {} : { [name]: text }) as { [key in Name]?: string }
}

function extensions(header: Header): Record<string, string> {
  const others = header.fields.filter(({ name }) => !known.has(name.toLowerCase())).slice(0, maxExtensions)
  return Object.fromEntries(others.map(({ name }) => [name, decodeHeaderText(header.first(name) ?? '').trim()]))
}

/** `manual-action/MDN-sent-manually; displayed`, with modifiers after a slash. */
function readDisposition(value: string): MessageDisposition | undefined {
  const match = /^\s*([\w-]+)\s*\/\s*([\w-]+)\s*;\s*([\w-]+)/.exec(value)
  const [action, sending, type] = (match ?? []).slice(1).map((word) => word.toLowerCase())
  const actionMode = actionModes.find((mode) => mode === action)
  const sendingMode = sendingModes.find((mode) => mode === sending)
  const known = dispositionTypes.find((one) => one === type)
  if (actionMode === undefined || sendingMode === undefined || known === undefined) return undefined
  return { actionMode, sendingMode, type: known }
}
