/**
 * Reads bounces that are no delivery status notification: those of qmail, in QSBMF ("Hi. This is the …"), and of older Exims
 * and others that name the recipients in `X-Failed-Recipients`.
 *
 * Standards: none; RFC 3464 came after them. QSBMF is described at https://cr.yp.to/proto/qsbmf.txt.
 * Limits: how much of the text is looked at, and recipients.
 * Security: fed by anyone, as reports are. Never throws.
 */
import { flattenAddresses, parseAddressList } from '../address/list.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { parseMessage } from '../message/parse.ts'
import { allParts, type Part } from '../message/part.ts'
import { decodeText } from '../text/body-text.ts'
import { decodeHeaderText } from '../text/encoded-word.ts'
import type { ParsedReport } from './report.ts'

const TEXT_LIMIT = 128 * 1024
const RECIPIENT_LIMIT = 100

type Failed = ParsedReport['recipients'][number]

/** Undefined when it is none of these. All recipients in it failed. */
export function parsePlainBounce(raw: Uint8Array, root: Part = parseMessage(raw)): ParsedReport | undefined {
  const text = allParts(root).find((part) => part.type === 'text' && part.subtype === 'plain')
  const words = text === undefined ? '' : decodeText(raw, text).text.slice(0, TEXT_LIMIT).replaceAll('\r\n', '\n')
  const [above, below] = halves(words)
  const recipients = above.startsWith('Hi. This is') ? qmailRecipients(above) : namedRecipients(root)
  if (recipients.length === 0) return undefined
  const parsed: ParsedReport = { recipients: recipients.slice(0, RECIPIENT_LIMIT) }
  const id = messageIdOf(root, below)
  if (id !== undefined) parsed.originalMessageId = id
  return parsed
}

/** What the server says, and the copy of the message below a line of hyphens. */
function halves(words: string): [above: string, below: string] {
  const line = /^-[- ].*$/m.exec(words)
  return line === null ? [words, ''] : [words.slice(0, line.index), words.slice(line.index + line[0].length)]
}

/** QSBMF: paragraphs that begin with `<address>:`. */
function qmailRecipients(above: string): Failed[] {
  return above.split(/\n{2,}/).flatMap((paragraph): Failed[] => {
    const [, address, reason = ''] = /^\s*<([^<>\s]{3,320})>:\s*(.*)$/s.exec(paragraph) ?? []
    if (address === undefined) return []
    const answer = /(?:said|responded):\s*([245]\d\d[ -].*)$/s.exec(reason)?.[1]
    return [failed(address, answer?.replace(/\s+/g, ' ').trim())]
  })
}

function namedRecipients(root: Part): Failed[] {
  const field = root.header.first('x-failed-recipients')
  if (field === undefined) return []
  return flattenAddresses(parseAddressList(decodeHeaderText(field))).map(({ address }) => failed(address))
}

function failed(finalRecipient: string, diagnostic?: string): Failed {
  const status = /^\d{3}[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(diagnostic ?? '')?.[1]
  return {
    finalRecipient,
    action: 'failed',
    ...(status === undefined ? {} : { status }),
    ...(diagnostic === undefined ? {} : { diagnostic }),
  }
}

/** Of the copy, as an attachment or below the line; or of what the bounce says that it answers. */
function messageIdOf(root: Part, below: string): string | undefined {
  const attached = allParts(root).find(({ message }) => message !== undefined)?.message
  const quoted = /^Message-ID:\s*(<[^<>\s]{1,900}>)/im.exec(below)?.[1]
  const field = attached?.header.last('message-id') ?? quoted ?? root.header.last('in-reply-to') ?? ''
  return parseMessageIds(field)[0]
}
